import { BridgeError } from "../errors.ts";
import { askCommitted } from "../kafka/consume/committed.ts";
import { describeGroup } from "../kafka/topics/groups.ts";
import { ownCommand } from "../model/own-command.ts";
import type { OperationParts } from "./letters.ts";

/**
 * Whether somebody will take the replays of these groups up, and which of them nobody runs now. A group that has no
 * position in the replays topic begins at its end, and would never see what is written before.
 * Throws as `askBrokers`, and NOT_SET_UP for a group without a position there.
 */
export async function idleGroups(
  { client, topics, groupPrefix, timeoutMs }: OperationParts,
  groups: Iterable<string>,
): Promise<readonly string[]> {
  const idle: string[] = [];
  for (const group of new Set(groups)) {
    const groupId = `${groupPrefix}.after.${group}`;
    const committed = await askCommitted(client, groupId, [topics.replays], timeoutMs);
    if (!committed.some(({ offset }) => offset !== null)) {
      throw new BridgeError(
        "NOT_SET_UP",
        `the group ${groupId} has no position in ${topics.replays}: a bridge with its handlers must have run since ` +
          `\`${ownCommand} setup\` made that topic. Nothing was replayed`,
      );
    }
    if ((await describeGroup(client, groupId, timeoutMs)).members.length === 0) idle.push(groupId);
  }
  return idle;
}
