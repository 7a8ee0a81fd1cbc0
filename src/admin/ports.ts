/** What the admin API needs from outside. The implementations live in handlers/, execution-log/ and operations/; bridge/ puts them together. */
import type { Problem } from "../errors.ts";
import type { HandlerDefinition, HandlerWrite, SwitchChange } from "../model/handler-log.ts";
import type {
  DecisionDetail,
  DecisionQuery,
  DecisionRow,
  ExecutionDetail,
  ExecutionQuery,
  ExecutionRow,
} from "./contract/executions.ts";
import type { Switches } from "./contract/flow.ts";

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** A handler as it stands in the log. */
export interface Registered {
  readonly definition: HandlerDefinition;
  readonly revision: number;
  readonly changedAt: string;
  readonly changedBy: string;
}

/** One version of a handler, from the log. */
export interface RegisteredVersion {
  readonly revision: number;
  readonly write: Omit<HandlerWrite, "changes" | "kind">;
  readonly definition: HandlerDefinition | null;
}

/** How a write ended. `conflict`: somebody else was first; `refused`: it would not run, and nothing was written. */
export type WriteEnd =
  | { readonly kind: "written"; readonly revision: number }
  | { readonly kind: "conflict"; readonly found: number | null }
  | { readonly kind: "refused"; readonly problems: readonly Problem[] };

/** Why a handler does not run here as it stands in the log. Null: it is about the log itself. */
export interface HandlerProblem {
  readonly handler: string | null;
  readonly problem: string;
}

/**
 * The log of handlers, followed: reading is from memory, writing waits for the log. A write that throws
 * (BROKER_UNAVAILABLE, TIMED_OUT) may have happened nevertheless, and says so; RECORD_TOO_LARGE has not.
 */
export interface HandlerLog {
  /** `revision` of the whole set, -1 when nothing was ever written. */
  all(): { readonly revision: number; readonly handlers: ReadonlyMap<string, Registered> };
  switches(): Switches;
  /** What is wrong with the log, and what of it this instance does not run. Empty in every sane case. */
  problems(): readonly HandlerProblem[];
  /** Why handlers cannot be changed here; null: they can. */
  readonly readOnly: string | null;
  /** Called whenever `all`, `switches` or `problems` say something else; must return at once. Returns how to end it. */
  onChange(listener: () => void): () => void;
  /** Newest first, at most 200. */
  history(handlerId: string): Promise<readonly RegisteredVersion[]>;
  write(write: Pick<HandlerWrite, "action" | "by" | "note" | "changes">): Promise<WriteEnd>;
  /** Throws USAGE for a switch that cannot be set, such as a bypass of more than a day; else as `write`. */
  set(change: SwitchChange, by: string, note: string | null): Promise<void>;
}

/** The execution log and the decisions, indexed on this instance. Every answer comes within its deadline (TIMED_OUT). */
export interface ExecutionSearch {
  executions(query: ExecutionQuery): Promise<Page<ExecutionRow>>;
  execution(id: string): Promise<ExecutionDetail | null>;
  decisions(query: DecisionQuery): Promise<Page<DecisionRow>>;
  decision(id: string): Promise<DecisionDetail | null>;
}

/** Figures of the same index, for lists and charts. */
export interface ExecutionFigures {
  /** Of each handler since then; p95 in milliseconds. */
  recent(sinceMs: number): Promise<ReadonlyMap<string, { ok: number; failed: number; p95Ms: number | null }>>;
  steps(
    handlerId: string,
    sinceMs: number,
    stepMs: number,
  ): Promise<{
    readonly steps: readonly {
      readonly at: string;
      readonly ok: number;
      readonly failed: number;
      readonly p50Ms: number | null;
      readonly p95Ms: number | null;
    }[];
    readonly outcomes: readonly { readonly outcome: string; readonly count: number }[];
  }>;
}
