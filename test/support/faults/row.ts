import type { Observed } from "./load.ts";

/** What one scenario showed. */
export interface Row {
  readonly scenario: string;
  readonly requests: number;
  readonly deadlineMs: number;
  /** Time until the core had its verdict, as shares of the deadline. */
  readonly p999: number;
  readonly worst: number;
  /** The most by which a request outlasted its deadline, less what the measuring loop itself stood still. Milliseconds. */
  readonly pastDeadlineMs: number;
  /** The longest the measuring process's own event loop stood still. Milliseconds. */
  readonly ownLagMs: number;
  readonly decidedBy: Readonly<Record<string, number>>;
  /** Outcomes of the handler the scenario is about, as the verdicts tell them. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Verdicts that what was asked and answered does not explain, and why. */
  readonly wrong: readonly string[];
  /** Operations whose replies in the log contradict each other. */
  readonly contradictions: number;
  /** Operations for which another decision than the first was applied, and why. */
  readonly conflicts: readonly string[];
  /** Replies that came after the deadline, equal ones after the first, and different ones: applied to nothing. */
  readonly late: number;
  readonly duplicate: number;
  readonly conflicting: number;
  /** What else the scenario promises and did not keep. */
  readonly complaints: readonly string[];
}

/** The least of `sorted` that so many of it, a share from 0 to 1, do not exceed; 0 of none. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

export function sharesOf(observed: readonly Observed[]): readonly number[] {
  return observed.map(({ asked, tookMs }) => tookMs / asked.deadlineMs).sort((left, right) => left - right);
}

export function countsOf(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const headings = [
  "scenario",
  "requests",
  "deadline",
  "99.9 %",
  "worst",
  "decided by",
  "wrong applications",
  "contradictions sent",
  "conflicting decisions applied",
  "own lag",
] as const;

/** The rows as a Markdown table. */
export function tableOf(rows: readonly { readonly title: string; readonly row: Row }[]): string {
  const lines = rows.map(({ row, title }) => [
    title,
    String(row.requests),
    `${row.deadlineMs} ms`,
    percent(row.p999),
    percent(row.worst),
    Object.entries(row.decidedBy)
      .sort(([, left], [, right]) => right - left)
      .map(([who, count]) => `${who} ${count}`)
      .join(", "),
    String(row.wrong.length),
    String(row.contradictions),
    String(row.conflicts.length),
    `${Math.round(row.ownLagMs)} ms`,
  ]);
  const text = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [text(headings), text(headings.map(() => "---")), ...lines.map(text)].join("\n");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
