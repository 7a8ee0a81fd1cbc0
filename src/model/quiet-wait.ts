/** Of the time for which nothing has come, what it may cost to notice that something has changed. */
const share = 1 / 5;

/** How long to wait for something of which nothing has come for `quietMs`: a short wait is quick, a long one is cheap. Milliseconds. */
export function quietWaitMs(quietMs: number, leastMs: number, mostMs: number): number {
  return Math.round(Math.min(Math.max(quietMs * share, leastMs), mostMs));
}
