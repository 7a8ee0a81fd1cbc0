/**
 * The tables of the index (docs/execution-log.md, "The index"). Executions and decisions have the same form:
 *
 *   kinds    the words an entry is filtered by that take few values (handler, event, outcome ...), one row a combination that
 *            occurs: so any combination of such filters is a list of kinds, each of them a range of one index
 *   entries  `key` is the entry's time and what tells entries of one millisecond apart: every index is ordered by time
 *   details  what only the details show; apart, so that entries stay small
 *   words    full text, and every filter of an entry as a word of its own, so that text and filters are one query
 */
export const schemaVersion = 2;

export const tables = ["executions", "decisions"] as const;
export type TableName = (typeof tables)[number];

/** Filters of which an index exists; each takes many values. */
export const columns = ["operation", "object", "client"] as const;
export type Column = (typeof columns)[number];

export const schemaSql: string = [
  "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
  "CREATE TABLE positions (topic TEXT, partition INTEGER, next INTEGER NOT NULL, PRIMARY KEY (topic, partition)) WITHOUT ROWID",
  "CREATE TABLE figures (level INTEGER, handler TEXT, at INTEGER, outcome TEXT, bucket INTEGER, count INTEGER NOT NULL," +
    " PRIMARY KEY (level, handler, at, outcome, bucket)) WITHOUT ROWID",
  ...tables.flatMap((table) => [
    `CREATE TABLE ${table}_kinds (kind INTEGER PRIMARY KEY, words TEXT NOT NULL UNIQUE)`,
    `CREATE TABLE ${table} (key INTEGER PRIMARY KEY, id TEXT NOT NULL, kind INTEGER NOT NULL,` +
      " operation TEXT, object TEXT, client TEXT, row TEXT NOT NULL)",
    `CREATE INDEX ${table}_id ON ${table} (id)`,
    `CREATE INDEX ${table}_kind ON ${table} (kind)`,
    ...columns.map(
      (column) => `CREATE INDEX ${table}_${column} ON ${table} (${column}, key, kind) WHERE ${column} IS NOT NULL`,
    ),
    `CREATE TABLE ${table}_details (key INTEGER PRIMARY KEY, detail TEXT NOT NULL)`,
    `CREATE VIRTUAL TABLE ${table}_words USING fts5(words, content='', contentless_delete=1, detail=none,` +
      ` tokenize="unicode61 remove_diacritics 2")`,
  ]),
].join(";\n");

/**
 * The keys of a page, newest first. By kind: of one kind, from its own range of the index. By a column: of one value, and of
 * any of `kinds` (JSON), which stand in the index too. Parameters in this order: kind or value, before, from, values of
 * `also`, kinds, limit.
 */
export function walkSql(
  table: TableName,
  by: Column | "kind" | "time",
  also: readonly Column[] = [],
  kinds = false,
): string {
  const index = by === "time" ? "" : ` INDEXED BY ${table}_${by}`;
  const conditions = [
    ...(by === "time" ? [] : [`${by} = ?`]),
    "key < ? AND key >= ?",
    ...also.map((column) => `${column} = ?`),
    ...(kinds ? ["kind IN (SELECT value FROM json_each(?))"] : []),
  ];
  return `SELECT key FROM ${table}${index} WHERE ${conditions.join(" AND ")} ORDER BY key DESC LIMIT ?`;
}

/** Parameters: words, before, from, limit. */
export function textSql(table: TableName): string {
  return (
    `SELECT rowid AS key FROM ${table}_words WHERE ${table}_words MATCH ? AND rowid < ? AND rowid >= ?` +
    " ORDER BY rowid DESC LIMIT ?"
  );
}
