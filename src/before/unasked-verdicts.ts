import type { DecidedBy, Decision, Reason, Verdict } from "../model/verdict.ts";
import type { RequestIdentity } from "./ports.ts";

/** Verdicts of requests that reach no handler: pure, and the same whichever part of the bridge noticed. */

/** The request's time was over before it was taken up: nothing was asked. */
export function expiredVerdict(request: RequestIdentity): Verdict {
  return undecided(request, "expired", { code: "expired", message: "the request's time was over" });
}

/** The request cannot be decoded, or its schema could not be had in time. */
export function unreadableVerdict(request: RequestIdentity, detail: string): Verdict {
  return undecided(request, "unreadable", { code: "unreadable", message: detail });
}

/** The bridge has more requests than it can answer in time: refused early, as late answers help nobody. */
export function overloadVerdict(request: RequestIdentity): Verdict {
  return undecided(request, "overload", { code: "overload", message: "the bridge has too many requests" });
}

/** An operator has said that nobody is asked for a while. */
export function bypassVerdict(request: RequestIdentity): Verdict {
  return undecided(request, "bypass", { code: "bypass", message: "an operator has switched asking off for a while" });
}

/** No enabled handler concerns itself with the event. */
export function noHandlerVerdict(request: RequestIdentity): Verdict {
  return plain(request, "allow", "no-handler", null);
}

/** Undecided: the core applies its own `onSilence`, as if the bridge had not answered, only sooner. */
function undecided(request: RequestIdentity, decidedBy: DecidedBy, reason: Reason): Verdict {
  return plain(request, "undecided", decidedBy, reason);
}

function plain(request: RequestIdentity, decision: Decision, decidedBy: DecidedBy, reason: Reason | null): Verdict {
  return {
    decision,
    decidedBy,
    handler: null,
    reason,
    operationId: request.operationId,
    attempt: request.attempt,
    baseVersion: request.baseVersion,
    dataHash: request.dataHash,
    data: null,
    changes: [],
    handlers: [],
    warnings: [],
  };
}
