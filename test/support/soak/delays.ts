import { quantile } from "../faults/row.ts";
import type { TimedSent } from "./remote-producer.ts";
import type { TimedArrival } from "./remote-sink.ts";

/** From the core's hand to the handler's, of events that were handed over in a span of time; sorted, milliseconds. */
export function delaysBetween(
  sent: readonly TimedSent[],
  arrivals: readonly TimedArrival[],
  fromMs: number,
  untilMs: number,
): readonly number[] {
  const first = new Map<string, number>();
  for (const { atMs, ceId } of arrivals) if (!first.has(ceId)) first.set(ceId, atMs);
  return sent
    .filter(({ sentMs }) => sentMs >= fromMs && sentMs < untilMs)
    .map(({ ceId, sentMs }) => (first.get(ceId) ?? Number.POSITIVE_INFINITY) - sentMs)
    .sort((left, right) => left - right);
}

/** `x 1.03 at the median (12 ms), x 1.10 at 99 % (40 ms)`: of the first to the second. */
export function delayRatio(these: readonly number[], those: readonly number[]): string {
  const at = (share: number): string => {
    const [left, right] = [quantile(these, share), quantile(those, share)];
    return `x ${(left / right).toFixed(2)} (${Math.round(left)} ms against ${Math.round(right)} ms)`;
  };
  return `median ${at(0.5)}, 99 % ${at(0.99)}`;
}
