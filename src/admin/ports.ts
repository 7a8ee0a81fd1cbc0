/** What the admin API needs from outside. The implementations live in handlers/, execution-log/, operations/ and bridge/admin/, which puts them together. */
import type { Problem } from "../errors.ts";
import type { HandlerDefinition, HandlerWrite, SwitchChange } from "../model/handler-log.ts";
import type { HandlerProblem } from "../model/instance-status.ts";
import type { AuditEntry, AuditQuery } from "./contract/audit.ts";
import type { LetterDetail, LetterQuery, LetterRow, Replay, ReplayRequest } from "./contract/dead-letters.ts";
import type { EventDetail, EventRow } from "./contract/events.ts";
import type {
  DecisionDetail,
  DecisionQuery,
  DecisionRow,
  ExecutionDetail,
  ExecutionQuery,
  ExecutionRow,
} from "./contract/executions.ts";
import type { Flow } from "./contract/flow.ts";
import type { CheckResult, TestRequest, TestResult } from "./contract/handlers.ts";
import type { LiveEvents } from "./contract/live.ts";
import type { Switches } from "./contract/switches.ts";

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

/** What a definition says, with the defaults filled in, whether it is valid or not. */
export interface Described {
  readonly name: string;
  readonly priority: number;
  /** Canonical ids. */
  readonly events: readonly string[];
  readonly stage: "before" | "after";
  readonly task: { readonly kind: "http" | "script"; readonly target: string };
  readonly status: "enabled" | "disabled" | "archived";
  readonly mode: "enforce" | "warn" | "shadow" | null;
  readonly group: string | null;
}

/** Definitions as the handlers file's reader sees them. */
export interface Definitions {
  describe(definition: HandlerDefinition): Described;
  /** What saving it beside these others would say. `definition` may be anything. */
  check(definition: unknown, others: readonly HandlerDefinition[]): CheckResult;
  /** One item of a handlers file. */
  yaml(definition: HandlerDefinition): string;
}

/** The events of the catalogue, and those that only handlers name. */
export interface Events {
  list(handlers: readonly HandlerDefinition[]): readonly EventRow[];
  /** Null: no such event. */
  detail(id: string, handlers: readonly HandlerDefinition[]): EventDetail | null;
  /** As JSON. Throws UNKNOWN_EVENT, DATA_INVALID. */
  explain(
    id: string,
    /** `client`: whose it is, where the data does not say it; a canary decides by it. */
    about: { readonly data: Readonly<Record<string, unknown>>; readonly client?: string | undefined },
    handlers: readonly HandlerDefinition[],
  ): Promise<Readonly<Record<string, unknown>>>;
}

/** The execution log and the decisions, indexed on this instance. Every answer comes within its deadline (TIMED_OUT). */
export interface ExecutionSearch {
  executions(query: ExecutionQuery): Promise<Page<ExecutionRow>>;
  execution(id: string): Promise<ExecutionDetail | null>;
  decisions(query: DecisionQuery): Promise<Page<DecisionRow>>;
  decision(id: string): Promise<DecisionDetail | null>;
}

/** Dead letters, read from their topic. Throws BROKER_UNAVAILABLE, REGISTRY_UNAVAILABLE, TIMED_OUT. */
export interface DeadLetters {
  list(query: LetterQuery, signal: AbortSignal): Promise<Page<LetterRow>>;
  /** Null: none stands there. */
  letter(partition: number, offset: number): Promise<LetterDetail | null>;
}

/** Replays this process does. */
export interface Replays {
  /** Answers when the plan is made; what follows is told live. Nothing is replayed after `signal`. Throws QUEUE_FULL, NEWER_EVENTS as `Refusal`, and as `DeadLetters`. */
  start(request: ReplayRequest, by: string, signal: AbortSignal): Promise<Replay>;
  list(): readonly Replay[];
  get(id: string): Replay | null;
  /** Stops it between two letters; null: there is none. */
  stop(id: string): Replay | null;
}

/** Topics, groups and instances as they are now. */
export interface FlowView {
  flow(): Promise<Flow>;
}

/** What instances say of a handler, for the list; from memory. */
export interface HandlerStates {
  /** Makes what is remembered fresh; waits a moment at most, where nothing of late is. Never throws. */
  refresh(): Promise<void>;
  of(handler: { readonly id: string; readonly group: string | null }): {
    readonly breaker: "closed" | "half-open" | "open" | null;
    /** Why instances do not run it as it stands. */
    readonly problems: readonly string[];
    readonly lag: { readonly records: number; readonly oldestMs: number | null } | null;
  };
}

/** One call of one handler; nothing is applied. */
export interface HandlerTests {
  test(definition: HandlerDefinition, request: TestRequest): Promise<TestResult>;
}

/** What was done and refused. */
export interface AuditTrail {
  /** Never waits and never throws. */
  record(entry: Omit<AuditEntry, "instance">): void;
  entries(query: AuditQuery): Promise<Page<AuditEntry>>;
}

/** What happens, as it happens. */
export interface LiveSource {
  /** Returns how to stop it. */
  subscribe(to: <K extends keyof LiveEvents>(name: K, data: LiveEvents[K]) => void): () => void;
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

/** All of them; null: this process has no such part, and the routes that need it answer so. */
export interface AdminPorts {
  readonly handlers: HandlerLog | null;
  readonly definitions: Definitions;
  readonly events: Events;
  readonly executions: ExecutionSearch | null;
  readonly figures: ExecutionFigures | null;
  readonly letters: DeadLetters | null;
  readonly replays: Replays | null;
  readonly flow: FlowView | null;
  readonly states: HandlerStates | null;
  readonly tests: HandlerTests | null;
  readonly audit: AuditTrail;
  readonly live: LiveSource;
}
