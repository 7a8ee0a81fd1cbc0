import { ratios, shown, summary } from "./rows.ts";

/** The names of what is a number of a run. */
type Figures<T> = { [K in keyof T]: T[K] extends number ? K : never }[keyof T];

/** The two cells of a figure of one contender: its own, and as a share of the baseline's of the same round. */
export function cells<K extends string, T>(
  results: ReadonlyMap<K, readonly T[]>,
  name: K,
  baseline: K,
): (what: Figures<T>, digits: number) => [string, string] {
  const of = (contender: K, what: Figures<T>): number[] =>
    (results.get(contender) ?? []).map((run) => run[what] as number);
  return (what, digits) => [shown(summary(of(name, what)), digits), shown(ratios(of(name, what), of(baseline, what)))];
}
