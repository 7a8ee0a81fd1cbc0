import type { TableName } from "./schema.ts";

/** What the index keeps of one record, whichever topic it came from. */
export interface Entry {
  readonly table: TableName;
  readonly id: string;
  readonly atMs: number;
  /** Words that take few values, by filter; `null` where the entry says nothing. */
  readonly kind: Readonly<Record<string, string | null>>;
  readonly operation: string | null;
  readonly object: string | null;
  readonly client: string | null;
  /** Of the contract (admin/contract/executions.ts), as JSON. */
  readonly row: object;
  readonly detail: object;
  /** Searched by word. */
  readonly text: string;
  /** Counted in the figures; null: not. */
  readonly call: { readonly handler: string; readonly outcome: string; readonly ms: number } | null;
}

/** What a query asks of a table. Filters that are not stated are absent. */
export interface EntryQuery {
  readonly kind: Readonly<Record<string, string | undefined>>;
  readonly operation?: string | undefined;
  readonly object?: string | undefined;
  readonly client?: string | undefined;
  readonly text?: string | undefined;
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}
