import { randomUUID } from "node:crypto";
import { setPositions } from "../../src/kafka/consume/outside-commit.ts";
import type { FreshTopics } from "../../test/support/fresh-topics.ts";

/** What a bridge is started with. */
export interface OwnGroups {
  readonly env: Readonly<Record<string, string>>;
  readonly handlers: readonly object[];
  /** The handlers' consumer groups, in their order. */
  readonly groupIds: readonly string[];
}

/** A handler of each name, with a group that is new each time: a bridge with them delivers to each all facts from the start. */
export async function ownGroups(
  topics: FreshTopics,
  names: readonly string[],
  { inFlight, partitions, url }: { readonly inFlight: number; readonly partitions: number; readonly url: string },
): Promise<OwnGroups> {
  const prefix = `${topics.prefix}.${randomUUID().slice(0, 8)}`;
  const usual = { stage: "after", events: ["clients.update"], task: { http: { url } }, inFlight };
  const groupIds = names.map((name) => `${prefix}.after.${name}`);
  await Promise.all(groupIds.map((groupId) => fromStart(topics, groupId, partitions)));
  return {
    env: { ...topics.env, GROUP_PREFIX: prefix, AFTER_IN_FLIGHT: String(inFlight) },
    handlers: names.map((id) => ({ ...usual, id })),
    groupIds,
  };
}

/** A group that has read nothing yet, so that the bridge delivers what is there. */
export async function fromStart(topics: FreshTopics, groupId: string, partitions: number): Promise<void> {
  const topic = topics.names.facts.clients;
  const positions = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 }));
  const written = await setPositions(topics.client, groupId, positions, 10_000);
  if (written !== "written") throw new Error(`the group ${groupId} has members`);
}
