import type { Clock } from "../model/clock.ts";
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
  if (!(await before(clock, deadlineMs - Math.min(commitShareMs, deadlineMs / 4), parts.calm))) {
    parts.abort();
    // An aborted call ends at once: one that had been answered still counts.
    await before(clock, Math.min(100, (endMs - clock.monotonicMs()) / 2), parts.calm);
  }
  const committed = await commitUntil(endMs, parts);
  return { unsettled: parts.unsettled(), committed };
}

async function commitUntil(endMs: number, { clock, commits, retryMs }: DrainParts): Promise<boolean> {
  const leftMs = (): number => Math.max(0, endMs - clock.monotonicMs());
  for (;;) {
    const flushed = commits.flush();
    if (!(await before(clock, leftMs(), flushed))) return false;
    if ((await flushed) || leftMs() === 0) return flushed;
    await new Promise<void>((resolve) => clock.after(Math.min(retryMs, leftMs()), resolve));
  }
}

/** Whether `work` ended within `ms`. `work` never rejects. */
function before(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, () => resolve(false));
    void work.then(() => {
      timer.cancel();
      resolve(true);
    });
  });
}
