import { reserveMs } from "../model/budget.ts";
import type { BeforeHandler } from "../model/handler.ts";
import { lineUp } from "./line-up.ts";
import type { Decided, Question } from "./ports.ts";
import { type ChainPorts, takeStep } from "./step.ts";
import { Trail } from "./trail.ts";

/**
 * A question becomes a verdict.
 *
 *   matched ── mutators, one after another by priority, then id ── validators, all at once ── folded
 *                  │ forbid                                            │ first forbid           ▲
 *                  └──────────────────────────────────────────────────┴── the rest cancelled ──┘
 *
 * - Matched: enabled handlers of the event id, shadows left out. None: allow, `no-handler`.
 * - A mutator sees the data as changed so far; its `when` is evaluated at its turn. Its changes count only if they pass
 *   the whole of changes.ts; otherwise its answer is a failure and the data stays as it stood.
 * - Validators see the final data, and so do their `when`.
 * - A failure means what the handler's own `onFailure` says of its kind. In mode `warn` a forbid becomes a warning.
 * - A handler's time is the smaller of its own timeout and of what is left less the reserve. Too little left: it is not
 *   called, the failure is `no-budget`; best effort handlers are skipped instead, and never use time that the others
 *   were promised by the budget proof.
 *
 * Resolves by `question.decideByMs` whatever the tasks do (every wait is a race with the clock); never rejects.
 */
export async function decide(
  question: Question,
  handlers: readonly BeforeHandler[],
  ports: ChainPorts,
): Promise<Decided> {
  const { mutators, validators } = lineUp(handlers, question.event.id, question.client);
  const trail = new Trail(question, [...mutators, ...validators]);
  if (mutators.length + validators.length === 0) return trail.fold();
  const ended = new AbortController();
  const turn = async (handler: BeforeHandler, promisedMs: number): Promise<void> => {
    const startMs = ports.clock.monotonicMs();
    const availableMs = question.decideByMs - startMs - promisedMs;
    const step = await takeStep(handler, question, trail.data, availableMs, ports, ended.signal);
    if (!ended.signal.aborted) trail.record(handler, step, elapsedSince(startMs, ports));
  };

  for (const [at, mutator] of mutators.entries()) {
    const others = mutator.bestEffort ? promisedToOthers(mutators.slice(at + 1), validators) : 0;
    await turn(mutator, reserveMs(mutators.length - at) + others);
    if (trail.isForbidden) return trail.fold();
  }

  const startMs = ports.clock.monotonicMs();
  let open = validators.length;
  await new Promise<void>((resolve) => {
    if (open === 0) resolve();
    const over = (): void => {
      if (--open === 0 || trail.isForbidden) resolve();
    };
    for (const validator of validators) void turn(validator, reserveMs(0)).then(over);
  });
  if (open > 0) ended.abort(verdictKnown);
  if (trail.isForbidden) for (const late of validators) trail.cancel(late, elapsedSince(startMs, ports));
  return trail.fold();
}

/** What the budget proof promised the handlers still to come. */
function promisedToOthers(mutators: readonly BeforeHandler[], validators: readonly BeforeHandler[]): number {
  const timeouts = (of: readonly BeforeHandler[]): number[] => of.filter((h) => !h.bestEffort).map((h) => h.timeoutMs);
  return timeouts(mutators).reduce((sum, ms) => sum + ms, 0) + Math.max(0, ...timeouts(validators));
}

/** One for all: an error made for each request would cost more than the rest of its chain. */
const verdictKnown = new DOMException("the verdict is known", "AbortError");

function elapsedSince(startMs: number, ports: ChainPorts): number {
  return Math.round(ports.clock.monotonicMs() - startMs);
}
