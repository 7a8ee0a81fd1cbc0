import type { DatabaseSync, StatementSync } from "node:sqlite";
import { statusOf } from "./entries.ts";
import type { Entry } from "./entry.ts";
import { bucketOf, Histogram } from "./histogram.ts";

/** Milliseconds of a cell; a chart takes the largest that divides its step. */
const levels = [60_000, 300_000, 3_600_000] as const;
/** Of a longer time than this many cells a coarser level tells as much. */
const mostCells = 120;

interface Cell {
  readonly at: number;
  readonly outcome: string;
  readonly bucket: number;
  readonly count: number;
}

export interface StepFigures {
  readonly at: string;
  readonly ok: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

/** Calls counted by handler, minute (and hour), outcome and duration: a chart never reads the entries themselves. */
export class Figures {
  readonly #add: StatementSync;
  readonly #read: StatementSync;
  readonly #remove: StatementSync;
  /** Of the transaction that is open, by the cell as JSON. */
  readonly #counts = new Map<string, number>();

  constructor(database: DatabaseSync) {
    this.#add = database.prepare(
      "INSERT INTO figures (level, handler, at, outcome, bucket, count) VALUES (?, ?, ?, ?, ?, ?)" +
        " ON CONFLICT DO UPDATE SET count = count + excluded.count",
    );
    this.#read = database.prepare(figuresSql);
    this.#remove = database.prepare("DELETE FROM figures WHERE level = ? AND handler = ? AND at < ?");
  }

  count({ call }: Entry, atMs: number): void {
    if (call === null) return;
    for (const level of levels) {
      const cell = JSON.stringify([level, call.handler, atMs - (atMs % level), call.outcome, bucketOf(call.ms)]);
      this.#counts.set(cell, (this.#counts.get(cell) ?? 0) + 1);
    }
  }

  /** Writes what was counted; within the transaction. */
  flush(): void {
    for (const [cell, count] of this.#counts) {
      const [level, handler, at, outcome, bucket] = JSON.parse(cell) as [number, string, number, string, number];
      this.#add.run(level, handler, at, outcome, bucket, count);
    }
    this.#counts.clear();
  }

  /** The transaction was rolled back. */
  forget(): void {
    this.#counts.clear();
  }

  remove(handlers: readonly string[], beforeMs: number): void {
    for (const handler of handlers) for (const level of levels) this.#remove.run(level, handler, beforeMs);
  }

  /** Since the full minute of `sinceMs`, of longer ago the full hour; null: the handler was not called. */
  recent(handler: string, sinceMs: number, nowMs: number): { ok: number; failed: number; p95Ms: number | null } | null {
    const level = levels.find((size) => (nowMs - sinceMs) / size <= mostCells) ?? levels[2];
    const cells = this.#cells(level, handler, sinceMs - (sinceMs % level));
    if (cells.length === 0) return null;
    const { ok, failed, p95Ms } = sumOf(cells);
    return { ok, failed, p95Ms };
  }

  steps(
    handler: string,
    sinceMs: number,
    stepMs: number,
  ): {
    readonly steps: readonly StepFigures[];
    readonly outcomes: readonly { readonly outcome: string; readonly count: number }[];
  } {
    const level = levels.findLast((size) => stepMs % size === 0) ?? levels[0];
    const cells = this.#cells(level, handler, sinceMs - (sinceMs % stepMs));
    const steps = [...Map.groupBy(cells, ({ at }) => at - (at % stepMs))].sort(([left], [right]) => left - right);
    const outcomes = [...Map.groupBy(cells, ({ outcome }) => outcome)].map(([outcome, those]) => ({
      outcome,
      count: those.reduce((sum, { count }) => sum + count, 0),
    }));
    return {
      steps: steps.map(([at, those]) => ({ at: new Date(at).toISOString(), ...sumOf(those) })),
      outcomes: outcomes.sort((left, right) => right.count - left.count),
    };
  }

  #cells(level: number, handler: string, fromMs: number): readonly Cell[] {
    return this.#read.all(level, handler, fromMs) as unknown as readonly Cell[];
  }
}

export const figuresSql = "SELECT at, outcome, bucket, count FROM figures WHERE level = ? AND handler = ? AND at >= ?";

function sumOf(cells: readonly Cell[]): Omit<StepFigures, "at"> {
  const histogram = new Histogram();
  let [ok, failed] = [0, 0];
  for (const { bucket, count, outcome } of cells) {
    // Nobody needed the answer: it says nothing about the handler.
    if (outcome === "cancelled") continue;
    histogram.add(bucket, count);
    if (statusOf(outcome) === "success") ok += count;
    else failed += count;
  }
  return { ok, failed, p50Ms: histogram.percentile(0.5), p95Ms: histogram.percentile(0.95) };
}
