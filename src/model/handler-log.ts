/**
 * The log of handlers: what is defined, by whom, since when; one for all instances (DESIGN.md, "The log of handlers").
 * Kafka has no compare-and-set: a write names the revision it builds on, the first record in log order whose bases all
 * match wins, every reader passes over the others, and so all agree.
 */

/** A handler as people write it: one item of the handlers file, as plain JSON. */
export interface HandlerDefinition {
  readonly id: string;
  readonly [key: string]: unknown;
}

/** What one record does to one handler. */
export interface HandlerChange {
  readonly handlerId: string;
  /** The handler's revision that the writer saw; null: there is none, and none must be there. */
  readonly base: number | null;
  /** Null: it is deleted. */
  readonly definition: HandlerDefinition | null;
}

export type ChangeAction =
  | "seed" // from HANDLERS_FILE, into an empty log
  | "create"
  | "update"
  | "apply"
  | "enable"
  | "disable"
  | "archive"
  | "delete"
  | "rollback";

/** One record of definitions: all of its changes, or none. */
export interface HandlerWrite {
  readonly kind: "handlers";
  /** Of the write, random: by it the writer finds its own record again. */
  readonly id: string;
  readonly action: ChangeAction;
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  readonly note: string | null;
  readonly changes: readonly HandlerChange[];
}

/** One record of a switch: what operators set while everything runs. The last one wins. */
export interface SwitchWrite {
  readonly kind: "switch";
  readonly id: string;
  readonly by: string;
  readonly at: string;
  readonly note: string | null;
  readonly change: SwitchChange;
}

/** A bypass that is forgotten ends within a day. */
export const longestBypassMs = 86_400_000;

export type SwitchChange =
  /** Until then every request's verdict is `undecided`, `bypass`; null: no longer. */
  | { readonly what: "bypass-before"; readonly until: string | null }
  | { readonly what: "pause-group"; readonly group: string; readonly paused: boolean }
  /** Null: as LOG_LEVEL says. */
  | { readonly what: "log-level"; readonly level: "debug" | "info" | "warn" | "error" | null };

export type HandlerLogEntry = HandlerWrite | SwitchWrite;
