import { BridgeError } from "../errors.ts";
import { askCommitted, type Committed } from "../kafka/consume/committed.ts";
import { setPositions } from "../kafka/consume/outside-commit.ts";
import { describeGroup } from "../kafka/topics/groups.ts";
import { logBounds } from "../kafka/topics/log-bounds.ts";
import { readNote } from "../model/commit-note.ts";
import type { OperationParts } from "./letters.ts";
import type { ResetTarget } from "./reset-target.ts";

/** What a reset changes in one partition. */
export interface ResetStep {
  readonly topic: string;
  readonly partition: number;
  /** Null: nothing was committed. */
  readonly from: number | null;
  readonly to: number;
  /** Records that are delivered again (positive), or skipped (negative); null where nothing was committed. */
  readonly again: number | null;
  /** The group has parked facts of it, which it forgets: what comes again of them comes from the topic. */
  readonly parked: boolean;
}

type GroupParts = Pick<OperationParts, "client" | "timeoutMs">;

/**
 * What a reset would change; nothing is written. `topics` must be ones the group has committed of; none: all but `except`.
 * Throws as `askBrokers`, and USAGE when the group runs, or has no position in a topic.
 */
export async function planReset(
  parts: GroupParts,
  groupId: string,
  target: ResetTarget,
  { topics, except }: { readonly topics: readonly string[]; readonly except: readonly string[] },
): Promise<readonly ResetStep[]> {
  await refuseIfRunning(parts, groupId);
  const known = (await askCommitted(parts.client, groupId, [], parts.timeoutMs)).filter(
    ({ offset }) => offset !== null,
  );
  const names = new Set(known.map(({ topic }) => topic));
  const unknown = topics.filter((topic) => !names.has(topic));
  if (unknown.length > 0 || names.size === 0) {
    const has = names.size === 0 ? "it has none at all" : `it has one in ${[...names].sort().join(", ")}`;
    throw new BridgeError(
      "USAGE",
      `the group ${groupId} has no position in ${unknown.join(", ") || "any topic"}: ${has}`,
    );
  }
  const chosen = topics.length > 0 ? topics : [...names].filter((topic) => !except.includes(topic)).sort();
  const steps = chosen.map(async (topic) => {
    const committed = new Map(known.filter((one) => one.topic === topic).map((one) => [one.partition, one]));
    const sinceMs = target.kind === "time" ? target.atMs : null;
    const bounds = await logBounds(parts.client, topic, sinceMs, parts.timeoutMs);
    return bounds.map(({ partition, from, until }) => {
      const to = target.kind === "end" ? until : from;
      return stepOf(topic, partition, committed.get(partition), to);
    });
  });
  return (await Promise.all(steps)).flat();
}

function stepOf(topic: string, partition: number, committed: Committed | undefined, to: number): ResetStep {
  const from = committed?.offset ?? null;
  // What is gone cannot come again.
  const again = from === null ? null : Math.max(from, committed?.logStart ?? 0) - to;
  return { topic, partition, from, to, again, parked: readNote(committed?.metadata ?? null).park !== null };
}

/** Writes what was planned. Throws as `setPositions`, and USAGE when the group has members by now: nothing is changed then. */
export async function applyReset(
  { client, timeoutMs }: GroupParts,
  groupId: string,
  steps: readonly ResetStep[],
): Promise<void> {
  const positions = steps.map(({ topic, partition, to }) => ({ topic, partition, offset: to }));
  const result = await setPositions(client, groupId, positions, timeoutMs);
  if (result === "has-members") throw running(groupId, "members that joined just now");
}

async function refuseIfRunning({ client, timeoutMs }: GroupParts, groupId: string): Promise<void> {
  const { state, members } = await describeGroup(client, groupId, timeoutMs);
  if (members.length > 0) {
    const hosts = [...new Set(members.map(({ clientId, host }) => `${clientId} at ${host}`))];
    throw running(groupId, `${members.length} members (${hosts.join(", ")})`);
  }
  if (state !== "Empty" && state !== "Dead") throw running(groupId, `the state ${state}`);
}

function running(groupId: string, what: string): BridgeError {
  return new BridgeError(
    "USAGE",
    `the group ${groupId} has ${what}: its position can only be set while nobody reads for it. Stop every bridge that runs it ` +
      "(SIGTERM; `serve --stage after` where the stages run apart), wait until `groups list` says Empty, then try again. " +
      "A bridge that was killed counts as a member for up to 10 s",
  );
}
