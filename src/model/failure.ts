/** No usable answer from a handler. A forbid is a success and never stands here. */

export const failureKinds = [
  "unreachable", // no connection, reset, name not resolved, egress refused
  "timeout", // no complete answer within the handler's own time
  "status", // an HTTP status outside 2xx
  "bad-answer", // the answer is not one of the documented forms
  "too-large", // the answer passes the size limit
  "not-permitted", // the answer changes what the handler may not change
  "invalid", // the changed record does not fit its schema
  "condition", // the handler's `when` could not be evaluated
  "exit", // a script ended with an exit code that means failure
  "killed", // a script was ended by a signal that was not ours
  "breaker-open", // not called: its breaker is open
  "overload", // not called: its bulkhead and queue are full, or its rate limit leaves it no turn in time
  "no-budget", // not called: too little of the request's time remains
  "internal", // a defect of this program, not of the handler
] as const;
export type FailureKind = (typeof failureKinds)[number];

export interface Failure {
  readonly kind: FailureKind;
  /** For people and logs; holds no value of a secret field. */
  readonly detail: string;
  /** HTTP status, of kind `status`. */
  readonly status?: number;
  /** Exit code, of kind `exit`. */
  readonly exit?: number;
  /** When to come again: from `Retry-After`, or by whoever did not call. Milliseconds. */
  readonly retryAfterMs?: number;
  /** Up to the log's bound of what the handler returned, if anything. */
  readonly response?: string;
}
