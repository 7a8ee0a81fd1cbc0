import type { Clock } from "../model/clock.ts";
import { bounded, pause } from "../model/deadline.ts";
import type { Commits } from "./commits.ts";

export interface DrainResult {
  /** Facts taken in and not settled: they are delivered after a restart, or by another member. */
  readonly unsettled: number;
  /** Whether everything that is settled is committed; if not, some of it is delivered again. */
  readonly committed: boolean;
}

interface DrainParts {
  readonly clock: Clock;
  /** Resolves when no turn is under way. */
  readonly calm: Promise<void>;
  readonly abort: () => void;
  readonly commits: Commits;
  /** Between tries of the last commit. */
  readonly retryMs: number;
  readonly unsettled: () => number;
}

/** Longest share of the time that is kept for the commit after the turns. */
const commitShareMs = 2000;

/**
 * Turns end by themselves or are aborted when all but the commit's share of the time is over; then the last commit, which
 * is tried until the time is over. Never rejects.
 */
export async function drain(deadlineMs: number, parts: DrainParts): Promise<DrainResult> {
  const { clock, commits } = parts;
  const endMs = clock.monotonicMs() + deadlineMs;
  commits.close();
  const turnsMs = deadlineMs - Math.min(commitShareMs, deadlineMs / 4);
  if ((await bounded(parts.calm, turnsMs, clock)) === "late") {
    parts.abort();
    // An aborted call ends at once: one that had been answered still counts.
    await bounded(parts.calm, Math.min(100, (endMs - clock.monotonicMs()) / 2), clock);
  }
  const committed = await commitUntil(endMs, parts);
  return { unsettled: parts.unsettled(), committed };
}

async function commitUntil(endMs: number, { clock, commits, retryMs }: DrainParts): Promise<boolean> {
  const leftMs = (): number => Math.max(0, endMs - clock.monotonicMs());
  for (;;) {
    const flushed = commits.flush();
    if ((await bounded(flushed, leftMs(), clock)) === "late") return false;
    if ((await flushed) || leftMs() === 0) return flushed;
    await pause(clock, Math.min(retryMs, leftMs()));
  }
}
