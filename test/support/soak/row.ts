/** What one scenario showed. */
export interface SoakRow {
  readonly events: number;
  /** Over all handlers of the scenario. */
  readonly attempts: number;
  readonly repeated: number;
  /** The share of events that may be repeated. */
  readonly mayRepeat: number;
  readonly lost: number;
  readonly outOfOrder: number;
  readonly seconds: number;
  /** What else was measured, in words. */
  readonly figures: readonly string[];
  /** What was not kept; empty when all is well. */
  readonly broken: readonly string[];
}

export interface Shown {
  readonly id: string;
  readonly title: string;
  readonly row: SoakRow;
}

const headings = ["scenario", "events", "attempts", "repeated", "lost", "out of order", "time", "measured", "verdict"];

function cellsOf({ title, row }: Shown): readonly string[] {
  const { events, repeated } = row;
  const share = events === 0 ? "0" : `${((repeated / events) * 100).toFixed(repeated === 0 ? 0 : 2)} %`;
  return [
    title,
    events.toLocaleString("en"),
    row.attempts.toLocaleString("en"),
    `${repeated.toLocaleString("en")} (${share}; at most ${(row.mayRepeat * 100).toFixed(0)} %)`,
    String(row.lost),
    String(row.outOfOrder),
    `${Math.round(row.seconds)} s`,
    row.figures.join("; "),
    row.broken.length === 0 ? "kept" : "BROKEN",
  ];
}

export function lineOf(shown: Shown): string {
  return `| ${cellsOf(shown).join(" | ")} |`;
}

export const headLines: readonly string[] = [
  `| ${headings.join(" | ")} |`,
  `| ${headings.map(() => "---").join(" | ")} |`,
];
