import { AssignerProtocol, type PartitionAssigner } from "kafkajs";
import type { TopicPartition } from "../../model/record.ts";
import type { GroupHooks } from "../patches/group-hooks.ts";
import { assignSticky, type Claimant } from "./sticky-assignment.ts";

/** What a member owns, told to whoever leads the group; kept up to date by the consumer. */
export interface Ownership {
  readonly owned: readonly TopicPartition[];
  /** When it was given them. Milliseconds since 1970. */
  readonly since: number;
}

const name = "provisioning-bridge-sticky";
const version = 1;

/**
 * The assigner of kafkajs's protocol around `assignSticky`; what a member owns travels as its user data, in JSON.
 * `hooks`: waited for before this member joins again, and asked before each of its fetches.
 */
export function stickyAssigner(ownership: () => Ownership, hooks: GroupHooks = {}): PartitionAssigner {
  return ({ cluster }) => ({
    name,
    version,
    ...hooks,
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version,
        topics,
        userData: Buffer.from(JSON.stringify(ownership())),
      }),
    }),
    async assign({ members, topics }) {
      const claimants = members.map(({ memberId, memberMetadata }) => claimantOf(memberId, memberMetadata));
      const wanted = [...new Set([...topics, ...claimants.flatMap((member) => member.topics)])];
      // While handlers are being changed members differ in what they subscribe to; the leader must know all of it.
      await cluster.addMultipleTargetTopics(wanted);
      const partitions = wanted.flatMap((topic) =>
        cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => ({ topic, partition: partitionId })),
      );
      return [...assignSticky(partitions, claimants)].map(([memberId, held]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version,
          assignment: byTopic(held),
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

function claimantOf(id: string, metadata: Buffer): Claimant {
  const decoded = AssignerProtocol.MemberMetadata.decode(metadata);
  return { id, topics: decoded?.topics ?? [], ...readOwnership(decoded?.userData) };
}

/** Another version's user data is no reason to fail a join: its member then claims nothing. */
function readOwnership(userData: Buffer | undefined): Ownership {
  try {
    const read = JSON.parse(userData?.toString() ?? "") as Partial<Ownership>;
    if (Array.isArray(read.owned) && typeof read.since === "number") return { owned: read.owned, since: read.since };
  } catch {
    // Not ours.
  }
  return { owned: [], since: 0 };
}

function byTopic(partitions: readonly TopicPartition[]): Record<string, number[]> {
  const assignment: Record<string, number[]> = {};
  for (const { topic, partition } of partitions) (assignment[topic] ??= []).push(partition);
  return assignment;
}
