import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { TableName } from "./schema.ts";

type Words = Readonly<Record<string, string | null>>;

/** Thousands of handlers and outcomes of every event; more are made up, as an event's id is whatever a request says. */
export const mostKinds = 20_000;

/**
 * The combinations of words that occur in a table; in memory, as there are few. What comes when there are too many is of one
 * kind for all of them, without words: it is found by all else.
 */
export class Kinds {
  readonly #insert: StatementSync;
  readonly #read: StatementSync;
  readonly #byText = new Map<string, number>();
  readonly #words = new Map<number, Words>();

  constructor(database: DatabaseSync, table: TableName) {
    this.#insert = database.prepare(`INSERT INTO ${table}_kinds (kind, words) VALUES (?, ?)`);
    this.#read = database.prepare(`SELECT kind, words FROM ${table}_kinds`);
    this.reload();
  }

  /** As the file has it: after a transaction that was rolled back. */
  reload(): void {
    this.#byText.clear();
    this.#words.clear();
    for (const { kind, words } of this.#read.all() as unknown as { kind: number; words: string }[]) {
      this.#byText.set(words, kind);
      this.#words.set(kind, JSON.parse(words) as Words);
    }
  }

  /** Whether it is, or may become, a kind of its own. */
  hasRoomFor(words: Words): boolean {
    return this.#words.size < mostKinds || this.#byText.has(JSON.stringify(words));
  }

  idOf(words: Words): number {
    const text = JSON.stringify(words);
    let kind = this.#byText.get(text);
    if (kind === undefined && this.#words.size >= mostKinds && Object.keys(words).length > 0) return this.idOf({});
    if (kind === undefined) {
      kind = this.#words.size + 1;
      this.#insert.run(kind, text);
      this.#byText.set(text, kind);
      this.#words.set(kind, words);
    }
    return kind;
  }

  /** Those that all filters fit; null: all do. */
  matching(filters: Readonly<Record<string, string | undefined>>): readonly number[] | null {
    const stated = Object.entries(filters).filter(([, value]) => value !== undefined);
    if (stated.length === 0) return null;
    return [...this.#words]
      .filter(([, words]) => stated.every(([name, value]) => words[name] === value))
      .map(([id]) => id);
  }

  /** Every value that a word has. */
  values(name: string): readonly string[] {
    return [...new Set([...this.#words.values()].flatMap((words) => words[name] ?? []))];
  }
}
