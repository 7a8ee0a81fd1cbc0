import { describeGroup, type GroupState } from "../kafka/topics/groups.ts";
import type { OperationParts } from "./letters.ts";

/**
 * Which of these handler groups nobody reads replays for now, as consumer groups: they have no members, or only ones of a
 * version that knows no replays. What is handed over for them waits. Throws as `askBrokers`.
 */
export async function idleGroups(
  { client, topics, groupPrefix, timeoutMs }: Pick<OperationParts, "client" | "topics" | "groupPrefix" | "timeoutMs">,
  groups: Iterable<string>,
): Promise<readonly string[]> {
  const asked = [...new Set(groups)].map((group) => describeGroup(client, `${groupPrefix}.after.${group}`, timeoutMs));
  return (await Promise.all(asked))
    .filter((group) => !readsReplays(group, topics.replays))
    .map(({ groupId }) => groupId);
}

/** In doubt it does: while a group rebalances nobody knows what its members subscribe to. */
export function readsReplays({ members }: Pick<GroupState, "members">, replays: string): boolean {
  return members.some(({ topics }) => topics.length === 0 || topics.includes(replays));
}
