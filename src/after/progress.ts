import type { BridgeEvent } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import type { AttemptRecord, DeadLetter } from "./ports.ts";

/**
 * How far a fact has come, kept between its turns. Lost at a restart: the fact is then delivered again from its first
 * handler (at least once), under the same delivery ids.
 */
export interface Progress {
  event: BridgeEvent | null;
  readTries: number;
  /** Handlers whose delivery of this fact has ended, delivered or dead-lettered. */
  readonly ended: string[];
  delivered: boolean;
  deadLettered: boolean;
  /** The handler whose delivery is under way; what follows counts for it alone. */
  handler: string | null;
  /** Attempts in which it was called. */
  made: number;
  /** Monotonic time of the first of them. */
  firstAttemptMs: number;
  failures: AttemptRecord[];
  /** Decided, but not written yet: nothing else happens to the fact before it is. */
  letter: DeadLetter | null;
  letterTries: number;
}

const longestHistory = 20;

export function startProgress(): Progress {
  return {
    event: null,
    readTries: 0,
    ended: [],
    delivered: false,
    deadLettered: false,
    handler: null,
    made: 0,
    firstAttemptMs: 0,
    failures: [],
    letter: null,
    letterTries: 0,
  };
}

/** Turns to a handler: a delivery that was under way for another one (since removed or moved) is forgotten. */
export function turnTo(progress: Progress, handler: string): void {
  if (progress.handler === handler) return;
  progress.handler = handler;
  progress.made = 0;
  progress.failures = [];
}

/**
 * Remembers a failed attempt; only the last ones are kept, and none with what the handler returned: nobody reads that again,
 * and 20 pages of 8 KiB for each of some thousand waiting facts would pass every bound on memory.
 */
export function remember(progress: Progress, attempt: AttemptRecord): void {
  const failure: { -readonly [K in keyof Failure]: Failure[K] } = { ...attempt.failure };
  delete failure.response;
  progress.made = attempt.number;
  progress.failures.push({ ...attempt, failure });
  if (progress.failures.length > longestHistory) progress.failures.shift();
}
