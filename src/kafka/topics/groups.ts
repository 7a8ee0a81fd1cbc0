import { type Admin, AssignerProtocol } from "kafkajs";
import type { TopicPartition } from "../../model/record.ts";
import { askBrokers } from "../connection/ask-brokers.ts";
import type { KafkaClient } from "../connection/client.ts";

/** A consumer group as its coordinator knows it. */
export interface GroupState {
  readonly groupId: string;
  /** Kafka's word: Stable, PreparingRebalance, CompletingRebalance, Empty (no members), Dead (not known). */
  readonly state: string;
  readonly members: readonly GroupMember[];
  /** Of which it has committed anything; sorted. */
  readonly topics: readonly string[];
  /** The next offset to read of each partition of which it has committed anything. */
  readonly positions: readonly GroupPosition[];
}

export interface GroupPosition extends TopicPartition {
  readonly offset: number;
}

export interface GroupMember {
  readonly clientId: string;
  readonly host: string;
  /** What it subscribes to; empty while the group rebalances, when nobody knows. */
  readonly topics: readonly string[];
}

/** Every group whose name begins with `prefix`, by name. Throws as `askBrokers`. */
export function listGroups(
  client: Pick<KafkaClient, "own">,
  prefix: string,
  timeoutMs: number,
): Promise<readonly GroupState[]> {
  return askBrokers(client, "listing the consumer groups", timeoutMs, async (admin) => {
    const { groups } = await admin.listGroups();
    const named = groups.map(({ groupId }) => groupId).filter((groupId) => groupId.startsWith(prefix));
    return describe(admin, named.sort());
  });
}

/** One group; of the state Dead when there is none of that name. Throws as `askBrokers`. */
export function describeGroup(
  client: Pick<KafkaClient, "own">,
  groupId: string,
  timeoutMs: number,
): Promise<GroupState> {
  return askBrokers(client, `asking for the group ${groupId}`, timeoutMs, async (admin) => {
    const [group] = await describe(admin, [groupId]);
    return group ?? { groupId, state: "Dead", members: [], topics: [], positions: [] };
  });
}

async function describe(admin: Admin, groupIds: readonly string[]): Promise<readonly GroupState[]> {
  if (groupIds.length === 0) return [];
  const { groups } = await admin.describeGroups([...groupIds]);
  const byId = new Map(groups.map((group) => [group.groupId, group]));
  return Promise.all(
    groupIds.map(async (groupId) => {
      const group = byId.get(groupId);
      const committed = await admin.fetchOffsets({ groupId });
      return {
        groupId,
        state: group?.state ?? "Dead",
        members: (group?.members ?? []).map(({ clientId, clientHost, memberMetadata }) => ({
          clientId,
          host: clientHost.replace(/^\//, ""),
          topics: subscribedTopics(memberMetadata),
        })),
        topics: committed.map(({ topic }) => topic).sort(),
        positions: committed.flatMap(({ topic, partitions }) =>
          partitions
            .filter(({ offset }) => Number(offset) >= 0)
            .map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) })),
        ),
      };
    }),
  );
}

function subscribedTopics(metadata: Buffer): readonly string[] {
  if (metadata.length === 0) return [];
  return [...(AssignerProtocol.MemberMetadata.decode(metadata)?.topics ?? [])].sort();
}
