import { type Committed, readCommitted } from "../kafka/consume/committed.ts";
import type { LogRange } from "../kafka/consume/log-reader.ts";
import type { Clock } from "../model/clock.ts";
import { readNote } from "../model/commit-note.ts";
import { pause } from "../model/deadline.ts";
import { sequenceOf } from "../model/record.ts";
import { decodeSettled } from "../model/settled-map.ts";
import type { HandedOver } from "./hand-over.ts";
import { letterRanges, type OperationParts, readLetters } from "./letters.ts";

/** What became of letters that were handed over. */
export interface ReplayOutcome {
  readonly delivered: number;
  /** A new letter says why. */
  readonly deadAgain: number;
  /** Waits for its next attempt, a disabled handler or a bridge: nothing of it is lost. */
  readonly waiting: number;
}

const lookEveryMs = 500;
const askMs = 5000;

/**
 * Watches until each has ended or `waitMs` are over, whichever is first. By the commits of the groups: what they have
 * settled was delivered or is a dead letter again, and the dead letters since `before` tell which.
 */
export async function watchOutcome(
  parts: OperationParts,
  handed: readonly HandedOver[],
  { waitMs, before, clock, signal }: OutcomeOptions,
): Promise<ReplayOutcome> {
  const untilMs = clock.monotonicMs() + waitMs;
  let waiting = handed;
  for (;;) {
    waiting = await unsettled(parts, waiting);
    if (waiting.length === 0 || clock.monotonicMs() >= untilMs || signal.aborted) break;
    await pause(clock, Math.min(lookEveryMs, untilMs - clock.monotonicMs()), signal);
  }
  const open = new Set(waiting);
  const ended = handed.filter((one) => !open.has(one));
  const deadAgain = ended.length === 0 ? 0 : await countDeadAgain(parts, ended, before);
  return { delivered: ended.length - deadAgain, deadAgain, waiting: waiting.length };
}

export interface OutcomeOptions {
  readonly waitMs: number;
  /** What the dead letter topic held before the first was handed over. */
  readonly before: readonly LogRange[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

async function unsettled(parts: OperationParts, handed: readonly HandedOver[]): Promise<readonly HandedOver[]> {
  const { client, groupPrefix, topics } = parts;
  const byGroup = [...Map.groupBy(handed, ({ letter }) => letter.group)];
  const open = byGroup.map(async ([group, own]) => {
    const committed = await readCommitted(client, `${groupPrefix}.after.${group}`, [topics.replays], askMs);
    // Not known now: asked again next time.
    if (committed === null) return own;
    const byPartition = new Map(committed.map((one) => [one.partition, settledBy(one)]));
    return own.filter(({ to }) => byPartition.get(to.partition)?.(to.offset) !== true);
  });
  return (await Promise.all(open)).flat();
}

/** Whether a commit says that an offset is settled. */
export function settledBy({
  offset: position,
  metadata,
}: Pick<Committed, "offset" | "metadata">): (offset: number) => boolean {
  const { settled, park } = readNote(metadata);
  // What is parked is settled at its source, and has not ended: nothing that this commit says is certain.
  if (park !== null) return () => false;
  const map = settled === null ? null : decodeSettled(settled);
  const holes = new Set(map?.unsettled);
  return (offset) => {
    if (position === null) return false;
    return offset < position || (map !== null && offset >= map.from && offset < map.until && !holes.has(offset));
  };
}

/** How many of them have a letter that was written since `before`, the ends of the dead letter topic at the beginning. */
async function countDeadAgain(
  parts: OperationParts,
  ended: readonly HandedOver[],
  before: readonly LogRange[],
): Promise<number> {
  const ends = new Map(before.map(({ partition, until }) => [partition, until]));
  const ranges = (await letterRanges(parts)).map((range) => ({ ...range, from: ends.get(range.partition) ?? 0 }));
  const dead = new Set<string>();
  for await (const reading of readLetters(parts, ranges)) {
    if (reading.kind !== "letter") continue;
    const { group, handler, record } = reading.letter;
    // One that had reached nobody was for every handler of the group: it is dead again if it is for any.
    dead.add(deliveryOf(group, handler, record)).add(deliveryOf(group, null, record));
  }
  return ended.filter(({ letter: { group, handler, record } }) => dead.has(deliveryOf(group, handler, record))).length;
}

function deliveryOf(group: string, handler: string | null, record: Parameters<typeof sequenceOf>[0]): string {
  return JSON.stringify([group, handler, sequenceOf(record)]);
}
