import type { Data } from "./data.ts";

/** The wire form of what the bridge decided (schemas/verdicts/Verdict.avsc); docs/asyncapi.yaml. */

export type Decision = "allow" | "forbid" | "undecided";

export type DecidedBy =
  | "handler" // a handler answered
  | "failure-policy" // a handler failed and its onFailure decided
  | "no-handler" // no enabled handler matched
  | "expired" // the request's time was over when the bridge took it up
  | "overload" // the bridge refused to take it up
  | "bypass" // an operator switched the before stage off
  | "unreadable"; // the request cannot be decoded, or not in time

export interface Reason {
  readonly code: string;
  readonly message: string;
}

/** One changed field. `from` and `to` are JSON text, undefined-before as null `from`; secrets masked. */
export interface Change {
  readonly path: string;
  readonly from: string | null;
  readonly to: string;
  readonly handler: string;
}

/** How a handler's call ended: a failure kind, or what it decided. */
export interface HandlerOutcome {
  readonly id: string;
  readonly outcome: string;
  readonly ms: number;
}

/** A folded verdict before it is encoded: `data` is the whole changed record, null when nothing changed. */
export interface Verdict {
  readonly decision: Decision;
  readonly decidedBy: DecidedBy;
  /** The handler that decided, null when none did. */
  readonly handler: string | null;
  readonly reason: Reason | null;
  readonly operationId: string;
  readonly attempt: number;
  readonly baseVersion: string | null;
  /** SHA-256 of the request's Kafka value, hex. */
  readonly dataHash: string;
  readonly data: Data | null;
  readonly changes: readonly Change[];
  readonly handlers: readonly HandlerOutcome[];
  readonly warnings: readonly string[];
}
