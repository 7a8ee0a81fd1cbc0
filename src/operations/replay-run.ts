import { BridgeError, messageOf } from "../errors.ts";
import { createRecordProducer } from "../kafka/produce/producer.ts";
import type { LetterPosition } from "../kafka/records/replays.ts";
import type { Clock } from "../model/clock.ts";
import { handOver } from "./hand-over.ts";
import type { LetterFilter } from "./letter-filter.ts";
import { heldPositions, letterRanges, type OperationParts, positionText, readLetter } from "./letters.ts";
import type { OrderWarning } from "./newer-events.ts";
import { checkOrder } from "./order-check.ts";
import { watchOutcome } from "./replay-outcome.ts";
import { planReplay, type Replayable, replayable } from "./replay-plan.ts";
import { idleGroups } from "./replay-ready.ts";
import { selectLetters } from "./select-letters.ts";

/** What is to be replayed: some by position, or all that a filter means. */
export type ReplayOf =
  | { readonly kind: "positions"; readonly positions: readonly LetterPosition[] }
  | { readonly kind: "filter"; readonly filter: LetterFilter };

/** Letters that would go, and what is to be known before they do. */
export interface PlannedRun {
  readonly letters: readonly Replayable[];
  readonly superseded: number;
  readonly warnings: readonly OrderWarning[];
  /** Consumer groups that nobody reads replays for now. */
  readonly idle: readonly string[];
}

/** How far a replay is. */
export interface RunProgress {
  readonly handedOver: number;
  readonly gone: number;
  readonly delivered: number;
  readonly deadAgain: number;
}

/** More in one go are no mending by hand any more. */
const mostLetters = 200_000;
/** The outcome is looked at again and again, for so long. Milliseconds. */
const watchMs = 600_000;
const lookMs = 2000;

/** Finds the letters and puts them in order; writes nothing. Throws USAGE, TIMED_OUT when `signal` aborts, and as `selectLetters`. */
export async function planRun(parts: OperationParts, what: ReplayOf, signal: AbortSignal): Promise<PlannedRun> {
  const found: Replayable[] = [];
  for await (const letter of lettersOf(parts, what)) {
    if (signal.aborted)
      throw new BridgeError("TIMED_OUT", "there are too many dead letters to look through in time: say `since`");
    found.push(letter);
    if (found.length > mostLetters) {
      throw new BridgeError(
        "USAGE",
        `more than ${mostLetters} dead letters are meant: replay them in parts, such as by since and until`,
      );
    }
  }
  const { letters, superseded } = planReplay(found);
  const groups = letters.map(({ group }) => group);
  return { letters, superseded, warnings: await checkOrder(parts, letters), idle: await idleGroups(parts, groups) };
}

async function* lettersOf(parts: OperationParts, what: ReplayOf): AsyncGenerator<Replayable, void, void> {
  if (what.kind === "filter") {
    for await (const reading of selectLetters(parts, what.filter)) {
      const one = reading.kind === "letter" ? replayable(reading) : null;
      if (one !== null) yield one;
    }
    return;
  }
  const held = new Set(await heldPositions(parts, what.positions));
  for (const at of what.positions) {
    const filed = held.has(at) ? await readLetter(parts, at) : null;
    const one = filed === null ? null : replayable(filed);
    if (one === null)
      throw new BridgeError("USAGE", `no dead letter that could be replayed stands at ${positionText(at)} (any more)`);
    yield one;
  }
}

export interface RunOptions {
  /** Letters a second. */
  readonly rate: number;
  /** Stops it between two letters; what was handed over goes its way. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly onProgress: (progress: RunProgress) => void;
}

export type RunEnd =
  | { readonly kind: "done" }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly error: string };

/** Hands the letters over and watches what becomes of them, for ten minutes at most. Never throws. */
export async function runReplay(
  parts: OperationParts,
  letters: readonly Replayable[],
  options: RunOptions,
): Promise<RunEnd> {
  const { rate, signal, clock, onProgress } = options;
  const producer = createRecordProducer(parts.client, { timeoutMs: parts.timeoutMs });
  let progress: RunProgress = { handedOver: 0, gone: 0, delivered: 0, deadAgain: 0 };
  const told = (change: Partial<RunProgress>): void => {
    progress = { ...progress, ...change };
    onProgress(progress);
  };
  try {
    const before = await letterRanges(parts);
    await producer.connect();
    const handed = await handOver(letters, {
      producer,
      topic: parts.topics.replays,
      read: (at) => readLetter(parts, at),
      rate,
      signal,
      clock,
      onProgress: ({ done, gone }) => told({ handedOver: done - gone, gone }),
    });
    if (handed.left.length > 0) return { kind: "stopped" };
    const untilMs = clock.monotonicMs() + watchMs;
    for (;;) {
      const outcome = await watchOutcome(parts, handed.handedOver, { waitMs: lookMs, before, clock, signal });
      told({ delivered: outcome.delivered, deadAgain: outcome.deadAgain });
      if (outcome.waiting === 0 || signal.aborted || clock.monotonicMs() >= untilMs) return { kind: "done" };
    }
  } catch (error) {
    return { kind: "failed", error: messageOf(error) };
  } finally {
    await producer.close(parts.timeoutMs);
  }
}
