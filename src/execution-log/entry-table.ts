import type { DatabaseSync, StatementSync } from "node:sqlite";
import { BridgeError } from "../errors.ts";
import type { Entry, EntryQuery } from "./entry.ts";
import { Kinds } from "./kinds.ts";
import { type Column, columns, type TableName, textSql, walkSql } from "./schema.ts";
import { matchOf, tag, wordsOf } from "./words.ts";

/** Entries of one millisecond that have keys of their own; more go to the next one. */
const perMs = 1024;
const mostFull = 1000;

/** The first key of a time. */
export function keyOf(atMs: number): number {
  return Math.floor(atMs) * perMs;
}

export interface KeyedRow {
  readonly key: number;
  readonly row: string;
}

/**
 * One table of entries. A page costs a bounded number of look-ups however many entries there are: at most a page's worth of
 * keys of each kind that fits, from the end of a range of an index; or a walk over the entries of one object, client or
 * operation, newest first; or one of the words.
 */
export class EntryTable {
  readonly kinds: Kinds;
  readonly #table: TableName;
  readonly #database: DatabaseSync;
  /** Of a millisecond that is full the one where its entries go, both as their first keys. */
  readonly #full = new Map<number, number>();
  readonly #walks = new Map<string, StatementSync>();
  readonly #text: StatementSync;
  readonly #lastKey: StatementSync;
  readonly #insert: StatementSync;
  readonly #insertDetail: StatementSync;
  readonly #insertWords: StatementSync;
  readonly #row: StatementSync;
  readonly #find: StatementSync;
  readonly #oldest: StatementSync;
  readonly #deletes: readonly StatementSync[];

  constructor(database: DatabaseSync, table: TableName) {
    this.#table = table;
    this.#database = database;
    this.kinds = new Kinds(database, table);
    this.#text = database.prepare(textSql(table));
    this.#lastKey = database.prepare(`SELECT max(key) AS key FROM ${table} WHERE key >= ? AND key < ?`);
    this.#insert = database.prepare(
      `INSERT INTO ${table} (key, id, kind, operation, object, client, row) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertDetail = database.prepare(`INSERT INTO ${table}_details (key, detail) VALUES (?, ?)`);
    this.#insertWords = database.prepare(`INSERT INTO ${table}_words (rowid, words) VALUES (?, ?)`);
    this.#row = database.prepare(`SELECT key, row FROM ${table} WHERE key = ?`);
    this.#find = database.prepare(
      `SELECT e.row AS row, d.detail AS detail, e.operation AS operation FROM ${table} e JOIN ${table}_details d ON d.key = e.key` +
        " WHERE e.id = ? LIMIT 1",
    );
    this.#oldest = database.prepare(`SELECT key FROM ${table} WHERE key < ? ORDER BY key LIMIT ?`);
    this.#deletes = [
      database.prepare(`DELETE FROM ${table} WHERE key = ?`),
      database.prepare(`DELETE FROM ${table}_details WHERE key = ?`),
      database.prepare(`DELETE FROM ${table}_words WHERE rowid = ?`),
    ];
  }

  /** Within a transaction. */
  insert(entry: Entry, atMs: number): void {
    const { client, detail, id, kind, object, operation, row, text } = entry;
    const key = this.#freeKey(atMs);
    this.#insert.run(key, id, this.kinds.idOf(kind), operation, object, client, JSON.stringify(row));
    this.#insertDetail.run(key, JSON.stringify(detail));
    if (text === "") return;
    const filters = Object.entries({ ...kind, operation, object, client });
    const tags = filters.flatMap(([name, value]) => (value === null ? [] : tag(name, value)));
    this.#insertWords.run(key, `${text} ${tags.join(" ")}`);
  }

  #freeKey(atMs: number): number {
    const begin = keyOf(atMs);
    for (let first = this.#full.get(begin) ?? begin; ; first += perMs) {
      const { key } = this.#lastKey.get(first, first + perMs) as { key: number | null };
      if (key !== null && key + 1 >= first + perMs) continue;
      if (first > begin) this.#remember(begin, first);
      return key === null ? first : key + 1;
    }
  }

  /** Every millisecond between is full: the next entry of the first one need not try them. */
  #remember(begin: number, first: number): void {
    if (this.#full.size >= mostFull) this.#full.clear();
    this.#full.set(begin, first);
  }

  /** Newest first, and one more than asked for if there is one. */
  page(query: EntryQuery): readonly KeyedRow[] {
    const untilKey = query.untilMs === undefined ? Number.MAX_SAFE_INTEGER : keyOf(query.untilMs + 1);
    const range: Range = {
      before: Math.min(readCursor(query.cursor), untilKey),
      from: query.sinceMs === undefined ? 0 : keyOf(query.sinceMs),
      limit: query.limit + 1,
    };
    const keys = query.text === undefined ? this.#byFilters(query, range) : this.#byText(query, query.text, range);
    return keys.flatMap((key) => (this.#row.get(key) as KeyedRow | undefined) ?? []);
  }

  #byText(query: EntryQuery, text: string, { before, from, limit }: Range): readonly number[] {
    const words = wordsOf(text);
    if (words.length === 0) return [];
    const { client, kind, object, operation } = query;
    const filters = Object.entries({ ...kind, operation, object, client });
    const tags = filters.flatMap(([name, value]) => (value === undefined ? [] : tag(name, value)));
    return keysOf(this.#text.all(matchOf([...tags, ...words]), before, from, limit));
  }

  #byFilters(query: EntryQuery, range: Range): readonly number[] {
    const { before, from, limit } = range;
    const [by, ...also] = columns.filter((column) => query[column] !== undefined);
    const kinds = this.kinds.matching(query.kind);
    if (by === undefined)
      return kinds === null ? keysOf(this.#walk("time").all(before, from, limit)) : this.#byKinds(kinds, range);
    const values = [by, ...also].map((column) => query[column] ?? null);
    const [value = null, ...others] = values;
    const ofKinds = kinds === null ? [] : [JSON.stringify(kinds)];
    return keysOf(this.#walk(by, also, kinds !== null).all(value, before, from, ...others, ...ofKinds, limit));
  }

  /** The newest of each kind, merged. */
  #byKinds(kinds: readonly number[], { before, from: oldest, limit }: Range): readonly number[] {
    const walk = this.#walk("kind");
    let found: number[] = [];
    let from = oldest;
    for (const kind of kinds) {
      const keys = keysOf(walk.all(kind, before, from, limit));
      if (keys.length === 0) continue;
      found = [...found, ...keys].sort((left, right) => right - left).slice(0, limit);
      // Older ones than the last of a full page are of no use.
      if (found.length === limit) from = (found.at(-1) ?? 0) + 1;
    }
    return found;
  }

  #walk(by: Column | "kind" | "time", also: readonly Column[] = [], kinds = false): StatementSync {
    const sql = walkSql(this.#table, by, also, kinds);
    let walk = this.#walks.get(sql);
    if (walk === undefined) {
      walk = this.#database.prepare(sql);
      this.#walks.set(sql, walk);
    }
    return walk;
  }

  find(id: string): { readonly row: string; readonly detail: string; readonly operation: string | null } | null {
    const found = this.#find.get(id) as { row: string; detail: string; operation: string | null } | undefined;
    return found ?? null;
  }

  /** Removes the oldest entries before a key, at most `limit`; within a transaction. Returns how many. */
  removeOldest(before: number, limit: number): number {
    const keys = keysOf(this.#oldest.all(before, limit));
    for (const key of keys) for (const statement of this.#deletes) statement.run(key);
    return keys.length;
  }

  oldestKey(): number | null {
    return keysOf(this.#oldest.all(Number.MAX_SAFE_INTEGER, 1))[0] ?? null;
  }
}

interface Range {
  readonly before: number;
  readonly from: number;
  readonly limit: number;
}

function keysOf(rows: readonly object[]): number[] {
  return (rows as readonly { readonly key: number }[]).map(({ key }) => key);
}

function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return Number.MAX_SAFE_INTEGER;
  if (!/^\d{1,16}$/.test(cursor)) throw new BridgeError("USAGE", "the cursor is not one that a page has named");
  return Number(cursor);
}
