import { ratios, shown, summary } from "../../support/rows.ts";

/** The two cells of a figure of one contender: its own, and as a share of the baseline's of the same round. */
export function cells<K extends string, T extends Readonly<Record<string, number>>>(
  results: ReadonlyMap<K, readonly T[]>,
  name: K,
  baseline: K,
): (what: keyof T & string, digits: number) => [string, string] {
  const of = (contender: K, what: keyof T): number[] =>
    (results.get(contender) ?? []).map((run) => run[what] as number);
  return (what, digits) => [shown(summary(of(name, what)), digits), shown(ratios(of(name, what), of(baseline, what)))];
}
