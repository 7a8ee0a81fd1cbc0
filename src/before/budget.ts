import { coreMarginMs, maxDeadlineMs, minCallMs, skewMs, transitMs } from "../model/budget.ts";

/** Budget arithmetic of one request. Milliseconds; epoch times are those of others, monotonic ones our own. */

export interface ReceivedRequest {
  /** Our clock at receipt, milliseconds since 1970. */
  readonly nowMs: number;
  /** The broker's append time of the record, milliseconds since 1970. */
  readonly recordTimestampMs: number;
  /** Header `deadline_ms`: when the core stops waiting, milliseconds since 1970, by the core's clock. */
  readonly deadlineMs: number | undefined;
  /** Header `budget_ms`: how long the core waits from the moment it asked. */
  readonly budgetMs: number | undefined;
  /** The configured deadline D, for requests that state neither. */
  readonly configuredMs: number;
}

/**
 * What is left of a request's time when it is taken up: the smaller of what both headers leave; of D without headers.
 * Never more than the longest deadline allowed, so that a nonsensical header cannot hold a request for ever.
 */
export function remainingAtReceipt(request: ReceivedRequest): number {
  const ageMs = Math.max(0, request.nowMs - request.recordTimestampMs);
  const limits = [
    ...(isTime(request.deadlineMs) ? [request.deadlineMs - request.nowMs] : []),
    ...(isTime(request.budgetMs) ? [request.budgetMs - ageMs] : []),
  ];
  return Math.min(maxDeadlineMs, ...(limits.length > 0 ? limits : [request.configuredMs - ageMs]));
}

function isTime(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

/** By how much two clocks disagree visibly: a record that seems to come from the future. Report it past `skewMs`. */
export function clockSkewMs(request: Pick<ReceivedRequest, "nowMs" | "recordTimestampMs">): number {
  return Math.max(0, request.recordTimestampMs - request.nowMs);
}

/** The core no longer waits: nothing is asked, the reply says `expired`. */
export function isExpired(remainingMs: number): boolean {
  return remainingMs <= 0;
}

/**
 * The monotonic moment by which the verdict must be folded. One transit lies behind us at receipt; the way back, the
 * core's margin and the skew lie ahead, which leaves D - 400 in all. It may lie in the past: then every handler is
 * treated by its failure policy and the reply is still sent.
 */
export function decideBy(receivedAtMs: number, remainingMs: number): number {
  return receivedAtMs + remainingMs - transitMs - coreMarginMs - skewMs;
}

/** How long one call may take: its own timeout or what is left, whole milliseconds; undefined: too little is left. */
export function callTimeout(ownMs: number, availableMs: number): number | undefined {
  const timeoutMs = Math.floor(Math.min(ownMs, availableMs));
  return timeoutMs < minCallMs ? undefined : timeoutMs;
}
