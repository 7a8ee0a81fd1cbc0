import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { DecisionDetail, DecisionRow, ExecutionDetail, ExecutionRow } from "../admin/contract/executions.ts";
import type { Page } from "../admin/ports.ts";
import type { Entry, EntryQuery } from "./entry.ts";
import { EntryTable, type KeyedRow, keyOf } from "./entry-table.ts";
import { Figures, type StepFigures } from "./figures.ts";
import { openIndexFile, removeIndexFile } from "./index-file.ts";

export interface StoreOptions {
  readonly folder: string;
  readonly prefix: string;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly nowMs: () => number;
}

/** The next record of a partition that is not in the index. */
export interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly next: number;
}

/** Entries removed in one go: so long a query waits at most. */
const removeAtOnce = 100;
/** What entries from the future are put under: clocks differ a little. */
const mostAheadMs = 60_000;

/** The index on disk. Synchronous: it lives in a thread of its own. */
export class Store {
  readonly file: string;
  readonly isNew: boolean;
  readonly #options: StoreOptions;
  readonly #database: DatabaseSync;
  readonly #executions: EntryTable;
  readonly #decisions: EntryTable;
  readonly #figures: Figures;
  readonly #setPosition: StatementSync;

  /** Throws BridgeError INDEX_UNAVAILABLE. */
  constructor(options: StoreOptions) {
    this.#options = options;
    const { file, database, isNew } = openIndexFile(options.folder, options.prefix);
    this.file = file;
    this.isNew = isNew;
    this.#database = database;
    this.#executions = new EntryTable(database, "executions");
    this.#decisions = new EntryTable(database, "decisions");
    this.#figures = new Figures(database);
    this.#setPosition = database.prepare(
      "INSERT INTO positions (topic, partition, next) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = excluded.next",
    );
  }

  /** Entries and how far their partition is read, both or neither. */
  add(entries: readonly Entry[], { topic, partition, next }: Position): void {
    const nowMs = this.#options.nowMs();
    this.#within(() => {
      for (const entry of entries) {
        const atMs = Math.min(Number.isNaN(entry.atMs) ? nowMs : entry.atMs, nowMs + mostAheadMs);
        if (atMs < nowMs - this.#options.maxAgeMs) continue;
        const table = this.#tableOf(entry);
        // Of handlers without end nobody could remove the figures.
        if (table.kinds.hasRoomFor(entry.kind)) this.#figures.count(entry, atMs);
        table.insert(entry, atMs);
      }
      this.#figures.flush();
      this.#setPosition.run(topic, partition, next);
    });
  }

  positions(): readonly Position[] {
    return this.#database
      .prepare("SELECT topic, partition, next FROM positions")
      .all() as unknown as readonly Position[];
  }

  about(name: string): string | null {
    const found = this.#database.prepare("SELECT value FROM about WHERE name = ?").get(name);
    return (found as { value: string } | undefined)?.value ?? null;
  }

  setAbout(name: string, value: string): void {
    this.#database.prepare("INSERT OR REPLACE INTO about (name, value) VALUES (?, ?)").run(name, value);
  }

  /** Removes some of what is too old or too much; true: there may be more. */
  trim(): boolean {
    const { maxAgeMs, maxBytes, nowMs } = this.#options;
    const tables = [this.#executions, this.#decisions];
    const old = keyOf(Math.max(0, nowMs() - maxAgeMs));
    let removed = this.#within(() => tables.reduce((sum, table) => sum + table.removeOldest(old, removeAtOnce), 0));
    if (removed === 0 && this.bytes() > maxBytes) {
      // The table whose oldest entry is the older one.
      const [oldest] = tables.sort((left, right) => (left.oldestKey() ?? Infinity) - (right.oldestKey() ?? Infinity));
      removed = this.#within(() => oldest?.removeOldest(Number.MAX_SAFE_INTEGER, removeAtOnce) ?? 0);
      // What is removed from the full text is given back when its parts are merged.
      if (removed > 0)
        this.#database.exec("INSERT INTO executions_words (executions_words, rank) VALUES ('merge', 16)");
    }
    return removed > 0;
  }

  /** Figures of days that are over; rarely. */
  trimFigures(): void {
    const { maxAgeMs, nowMs } = this.#options;
    this.#within(() => this.#figures.remove(this.#handlers(), nowMs() - maxAgeMs));
  }

  /** In use, without the log of changes. */
  bytes(): number {
    const read = (what: string): number =>
      Number(Object.values(this.#database.prepare(`PRAGMA ${what}`).get() ?? {})[0]);
    return (read("page_count") - read("freelist_count")) * read("page_size");
  }

  oldestAtMs(): number | null {
    const key = this.#executions.oldestKey();
    return key === null ? null : Math.floor(key / keyOf(1));
  }

  executions(query: EntryQuery): Page<ExecutionRow> {
    return pageOf(query, this.#executions.page(query));
  }

  decisions(query: EntryQuery): Page<DecisionRow> {
    return pageOf(query, this.#decisions.page(query));
  }

  execution(id: string): ExecutionDetail | null {
    const found = this.#executions.find(id);
    if (found === null) return null;
    const row = JSON.parse(found.row) as ExecutionRow;
    const detail = JSON.parse(found.detail) as Omit<ExecutionDetail, "row" | "decision">;
    return { ...detail, row, decision: this.#decisionOf(found.operation, row.attempt) };
  }

  decision(id: string): DecisionDetail | null {
    const found = this.#decisions.find(id);
    if (found === null) return null;
    return { ...(JSON.parse(found.detail) as Omit<DecisionDetail, "row">), row: JSON.parse(found.row) as DecisionRow };
  }

  recent(sinceMs: number): readonly (readonly [string, { ok: number; failed: number; p95Ms: number | null }])[] {
    return this.#handlers().flatMap((handler) => {
      const figures = this.#figures.recent(handler, sinceMs, this.#options.nowMs());
      return figures === null ? [] : [[handler, figures] as const];
    });
  }

  steps(
    handler: string,
    sinceMs: number,
    stepMs: number,
  ): { steps: readonly StepFigures[]; outcomes: readonly { outcome: string; count: number }[] } {
    return this.#figures.steps(handler, sinceMs, stepMs);
  }

  close(): void {
    this.#database.close();
  }

  /** Closes and removes it: it is built anew from the topics. */
  destroy(): void {
    try {
      this.close();
    } catch {
      // a broken file may not even close
    }
    removeIndexFile(this.file);
  }

  #decisionOf(operation: string | null, attempt: number): string | null {
    if (operation === null) return null;
    const { items } = this.decisions({ kind: {}, operation, limit: 20 });
    return items.find((row) => row.attempt === attempt)?.id ?? null;
  }

  #handlers(): readonly string[] {
    return this.#executions.kinds.values("handler");
  }

  #tableOf({ table }: Entry): EntryTable {
    return table === "executions" ? this.#executions : this.#decisions;
  }

  #within<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#figures.forget();
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      this.#executions.kinds.reload();
      this.#decisions.kinds.reload();
      throw error;
    }
  }
}

function pageOf<Row>({ limit }: EntryQuery, found: readonly KeyedRow[]): Page<Row> {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ row }) => JSON.parse(row) as Row),
    next: found.length > limit && last !== undefined ? String(last.key) : null,
  };
}
