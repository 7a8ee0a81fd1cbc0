import type { Data } from "../model/data.ts";
import type { Change, DecidedBy, HandlerOutcome, Reason, Verdict } from "../model/verdict.ts";

/** What decides when no verdict came: stated per call or per client, never by a hidden default. */
export type OnSilence = "allow" | "forbid";

/** Who decided, as the core sees it: the bridge's words, and three that only the client can say. */
export type Decider =
  | DecidedBy
  | "silence" // no verdict by the deadline, or the request could not be sent
  | "core-breaker" // the bridge has fallen silent; nothing was sent
  | "pending-full"; // too many requests waited already; nothing was sent

/** The verdict a billing core acts on. There is no third way: an undecided request has become what `onSilence` says. */
export interface RequestVerdict<D = Data> {
  readonly decision: "allow" | "forbid";
  readonly decidedBy: Decider;
  /** Id of the handler that decided, null when none did. */
  readonly handler: string | null;
  readonly reason: Reason | null;
  /** What to apply if allowed: what was sent, with the permitted changes. */
  readonly data: D;
  readonly changed: boolean;
  readonly changes: readonly Change[];
  readonly handlers: readonly HandlerOutcome[];
  readonly warnings: readonly string[];
  readonly operationId: string;
  readonly attempt: number;
  readonly baseVersion: string | null;
  /** Milliseconds from the call to the verdict, by this process's clock. */
  readonly ms: number;
}

/** What the verdict is about: known before anything is sent. */
export interface RequestContext {
  readonly data: Data;
  readonly operationId: string;
  readonly attempt: number;
  readonly baseVersion: string | null;
  readonly onSilence: OnSilence;
}

/** The verdict when the bridge said nothing usable. */
export function silentVerdict(
  request: RequestContext,
  decidedBy: Decider,
  warning: string | null,
  ms: number,
): RequestVerdict {
  return {
    decision: request.onSilence,
    decidedBy,
    handler: null,
    reason: null,
    data: request.data,
    changed: false,
    changes: [],
    handlers: [],
    warnings: warning === null ? [] : [warning],
    operationId: request.operationId,
    attempt: request.attempt,
    baseVersion: request.baseVersion,
    ms,
  };
}

/** The verdict the bridge gave; `undecided` becomes what `onSilence` says, and who decided stays visible. */
export function verdictOf(request: RequestContext, verdict: Verdict, ms: number): RequestVerdict {
  const decision = verdict.decision === "undecided" ? request.onSilence : verdict.decision;
  return {
    ...silentVerdict(request, verdict.decidedBy, null, ms),
    decision,
    handler: verdict.handler,
    reason: verdict.reason,
    data: verdict.data ?? request.data,
    changed: verdict.data !== null,
    changes: verdict.changes,
    handlers: verdict.handlers,
    warnings: verdict.warnings,
  };
}
