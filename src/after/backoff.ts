/** Waits between tries of something that must succeed in the end: doubling from one second, spread by 20 %. */

const firstMs = 1000;
const spread = 0.2;

/** Milliseconds to wait after try number `tries` (from 1) failed. `random` is in [0, 1). */
export function backoff(tries: number, longestMs: number, random: number): number {
  const planned = Math.min(firstMs * 2 ** Math.min(tries - 1, 20), longestMs);
  return planned * (1 + spread * (2 * random - 1));
}
