import type { Condition } from "./condition.ts";
import type { FailureKind } from "./failure.ts";
import type { RetryPolicy } from "./retry-policy.ts";

/** A pre-defined handler, validated: what the handlers file (config/) declares, with every default filled in. */

export type HandlerStatus = "enabled" | "disabled" | "archived";
export type Stage = "before" | "after";

export interface HttpTask {
  readonly kind: "http";
  readonly url: string;
  /** Secrets by reference only (`env:NAME` or `file:PATH`), newest first; answers are signed with every one of them. */
  readonly secretRefs: readonly string[];
}

export interface ScriptTask {
  readonly kind: "script";
  /** Relative to SCRIPTS_DIR. */
  readonly path: string;
  /** Absent: started for each call. */
  readonly persistent?: PersistentScript;
}

/** A script that stays up and speaks one JSON document a line. */
export interface PersistentScript {
  /** After so many answers a process makes room for a new one; null: never. */
  readonly maxCalls: number | null;
}

export type Task = HttpTask | ScriptTask;

/** At most `burst + perSecond * t` calls in any t seconds, per stage and instance. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** How numbers that JSON cannot hold exactly are written into the body: decimals as strings, or as JSON numbers. */
export type NumberForm = "string" | "json";

interface HandlerBase {
  readonly id: string;
  readonly name: string;
  /** Canonical event ids, or exact ids of vendors. */
  readonly events: readonly string[];
  readonly condition: Condition | null;
  readonly task: Task;
  readonly status: HandlerStatus;
  /** Lower runs first; ties by id. */
  readonly priority: number;
  readonly timeoutMs: number;
  readonly numbers: NumberForm;
  /** Absent: none. */
  readonly rateLimit?: RateLimit;
  /** Calls of it under way at once, per stage and instance. Absent: as many as its kind of task has by default. */
  readonly inFlight?: number;
}

/** A field a handler may change, and within which rule. `*` stands for every field that need not be named. */
export type FieldRule = { readonly field: string } & (
  | { readonly rule: "any" | "lower-only" | "raise-only" | "append" }
  | { readonly rule: "max-delta"; readonly maxDelta: string }
  | { readonly rule: "one-of"; readonly oneOf: readonly (string | number | boolean | null)[] }
);

/** What a failure of this handler means for the action. There is no hidden default. */
export interface FailurePolicy {
  readonly default: "allow" | "forbid";
  readonly byKind: Readonly<Partial<Record<FailureKind, "allow" | "forbid">>>;
}

export interface BeforeHandler extends HandlerBase {
  readonly stage: "before";
  /** Empty: a validator. Otherwise a mutator. */
  readonly mayChange: readonly FieldRule[];
  readonly onFailure: FailurePolicy;
  readonly mode: "enforce" | "warn" | "shadow";
  /** Decides for this many percent of the clients, and is a shadow for the others. Absent: for all. */
  readonly canary?: number;
  /** Left out of the budget proof, skipped when too little time remains. */
  readonly bestEffort: boolean;
}

export interface AfterHandler extends HandlerBase {
  readonly stage: "after";
  /** Handlers of one group share a consumer group and run by priority. Defaults to the handler's id. */
  readonly group: string;
  readonly retry: RetryPolicy;
  /** False: facts of one key may come at the same time and in any order. Absent: one after the other, in theirs. */
  readonly ordered?: false;
  /** `latest`: of events that tell a state, the newest of those that wait stands for the others. Absent: it gets them all. */
  readonly catchUp?: "latest";
  /** What was recorded before is not for it, by the record's timestamp, milliseconds since 1970; 0: all that is kept. Absent: all it reads. */
  readonly sinceMs?: number;
}

export type Handler = BeforeHandler | AfterHandler;

/** The one order of handlers: by priority, then by id (code units, so that every instance agrees). */
export function byPriority(left: HandlerBase, right: HandlerBase): number {
  return left.priority - right.priority || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0);
}
