import { readVerdict, type WireVerdict } from "../../../src/kafka/records/verdict-codec.ts";
import type { FreshTopics } from "../fresh-topics.ts";
import type { Observed } from "./load.ts";

/** The replies that stand in the log, by operation, the oldest first. All of an operation's stand in one partition. */
export type WireReplies = ReadonlyMap<string, readonly WireVerdict[]>;

export async function readReplies(topics: FreshTopics): Promise<WireReplies> {
  const replies = new Map<string, WireVerdict[]>();
  for (const { value } of await topics.contents(topics.names.verdicts)) {
    if (value === null) continue;
    const reading = await readVerdict(topics.registry, value);
    if (reading.kind !== "verdict") throw new Error(`a reply that cannot be read: ${reading.detail}`);
    const { operationId } = reading.verdict;
    replies.set(operationId, [...(replies.get(operationId) ?? []), reading.verdict]);
  }
  return replies;
}

/** Whether an operation has replies in the log that do not say the same. */
export function contradict(replies: readonly WireVerdict[]): boolean {
  return new Set(replies.map(decisionOf)).size > 1;
}

const localDeciders = new Set(["silence", "core-breaker", "pending-full"]);

/**
 * Why what the core applied is not the first decision about the operation, or null. The core's own words are no decision
 * of the bridge; `no-handler` it may say by itself, too.
 */
export function whyNotFirst({ asked, verdict }: Observed, replies: WireReplies): string | null {
  if (localDeciders.has(verdict.decidedBy)) return null;
  const first = replies.get(asked.operationId)?.[0];
  if (first === undefined) return "a verdict that stands nowhere in the log";
  const said = first.decision === "undecided" ? asked.onSilence : first.decision;
  const applied = decisionOf(verdict);
  return applied === decisionOf({ ...first, decision: said }) ? null : "another decision than the first was applied";
}

interface Decided extends Pick<WireVerdict, "handler" | "reason" | "changes"> {
  readonly decision: string;
  readonly decidedBy: string;
}

function decisionOf({ changes, decidedBy, decision, handler, reason }: Decided): string {
  const code = reason?.code ?? null;
  const changed = changes.map(({ handler: by, path, to }) => [path, to, by]);
  return JSON.stringify([decision, decidedBy, handler, decision === "forbid" ? code : null, changed]);
}
