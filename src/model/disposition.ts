import type { Failure, FailureKind } from "./failure.ts";

/**
 * What is done after an attempt of an after handler: one table, the reason on every row. Pure.
 * `spends` is false where the handler was not called: such a wait costs the delivery none of its attempts.
 * The code of a dead-letter row is the dead letter's reason.
 */
export type Disposition =
  | { readonly kind: "accept"; readonly why: string }
  | { readonly kind: "retry"; readonly spends: boolean; readonly why: string }
  | { readonly kind: "dead-letter"; readonly code: DeadLetterCode; readonly why: string };

/** Why a fact that could be read was not delivered. */
export type DeadLetterCode =
  | "rejected" // the handler says the request itself is wrong
  | "redirected" // the handler is elsewhere; redirects are not followed
  | "gone" // the handler says it is gone for good
  | "condition" // `when` cannot be evaluated on this event
  | "too-large" // the exchange passed a size limit
  | "too-old"; // retried until the policy's maxAgeMs

const retry = (why: string): Disposition => ({ kind: "retry", spends: true, why });
const notCalled = (why: string): Disposition => ({ kind: "retry", spends: false, why });
const deadLetter = (code: DeadLetterCode, why: string): Disposition => ({ kind: "dead-letter", code, why });
const accept = (why: string): Disposition => ({ kind: "accept", why });

const answered = "the handler ended with success; nobody judges what its answer would change";

const byKind: Readonly<Record<Exclude<FailureKind, "status">, Disposition>> = {
  unreachable: retry("nothing says the handler did it: it was not reached, or its answer was lost"),
  internal: retry("a defect of this program says nothing about the event"),
  timeout: retry("nothing says the handler did it: its answer did not come in time"),
  exit: retry("75 asks for another try; any other exit is unlisted and may pass"),
  killed: retry("ended from outside: says nothing about the event"),
  overload: notCalled("all of the handler's places are taken, or its rate limit is reached; both pass"),
  "breaker-open": notCalled("the handler was sick a moment ago; its probe decides when to go on"),
  "no-budget": notCalled("there is no budget after the event: only a call cut short says so"),
  condition: deadLetter(
    "condition",
    "`when` fails on the same event each time, and skipping it would be a silent loss",
  ),
  "too-large": deadLetter("too-large", "the same event would pass the limit again"),
  "bad-answer": retry(
    "it was the answer to another question, or no line of the protocol: nothing says that the handler did it",
  ),
  "not-permitted": accept(answered),
  invalid: accept(answered),
};

const byStatus: ReadonlyMap<number, Disposition> = new Map([
  [408, retry("the handler gave up waiting for the request")],
  [410, deadLetter("gone", "the handler says it is gone for good: disable it, or correct its address")],
  [425, retry("too early: what this event builds on has not arrived yet")],
  [429, retry("too many requests: slower, as Retry-After says")],
]);

const otherStatus: readonly { readonly from: number; readonly to: number; readonly disposition: Disposition }[] = [
  { from: 300, to: 399, disposition: deadLetter("redirected", "redirects are not followed: correct its address") },
  { from: 400, to: 499, disposition: deadLetter("rejected", "the request would be refused again") },
  { from: 500, to: 599, disposition: retry("the handler failed, not the request") },
];
const unlistedStatus = retry("not a final status of HTTP: something between us and the handler");

/** The disposition of a failed attempt. Total: every kind, status and exit code has exactly one row. */
export function dispositionOf(failure: Failure): Disposition {
  if (failure.kind !== "status") return byKind[failure.kind];
  const status = failure.status ?? 0;
  return (
    byStatus.get(status) ??
    otherStatus.find((range) => status >= range.from && status <= range.to)?.disposition ??
    unlistedStatus
  );
}
