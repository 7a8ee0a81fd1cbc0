import type { Clock } from "../model/clock.ts";

/** Every step of a shutdown gets at least this much, however late it is. Milliseconds. */
const leastMs = 500;

/** One deadline for several steps, one after another: what is left of `ms` each time it is asked. */
export function countdown(clock: Clock, ms: number): () => number {
  const untilMs = clock.monotonicMs() + ms;
  return () => Math.max(leastMs, untilMs - clock.monotonicMs());
}
