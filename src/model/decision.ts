import type { FailureKind } from "./failure.ts";
import type { Change, DecidedBy, Decision, HandlerOutcome, Reason } from "./verdict.ts";

/** What was decided about one request, and how (schemas/decisions/Decision.avsc). Holds no value of a secret field. */
export interface DecisionRecord {
  readonly operationId: string;
  readonly attempt: number;
  readonly eventId: string | null;
  readonly objectId: string | null;
  /** Key of the request's record as text: the client's id. */
  readonly clientKey: string | null;
  readonly baseVersion: string | null;
  readonly dataHash: string;
  /** `topic/partition/offset` of the request. */
  readonly sequence: string;
  readonly instanceId: string;
  readonly decision: Decision;
  readonly decidedBy: DecidedBy;
  readonly handler: string | null;
  readonly reason: Reason | null;
  readonly handlers: readonly HandlerOutcome[];
  readonly changes: readonly Change[];
  readonly failures: readonly RecordedFailure[];
  readonly warnings: readonly string[];
  /** How the request ended: `replied`, `replied-by-key`, `reply-failed`. */
  readonly end: string;
  /** By the broker's clock and by ours, milliseconds since 1970. */
  readonly askedAtMs: number;
  readonly receivedAtMs: number;
  /** Milliseconds after receipt; null: that step was not reached. */
  readonly readMs: number | null;
  readonly decidedMs: number;
  readonly repliedMs: number | null;
}

export interface RecordedFailure {
  readonly handler: string;
  readonly kind: FailureKind;
  readonly detail: string;
  /** Of kinds `status` and `exit`. */
  readonly status: number | null;
  readonly exit: number | null;
}
