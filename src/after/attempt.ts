import { type Disposition, dispositionOf } from "../model/disposition.ts";
import type { BridgeEvent } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import type { AfterHandler } from "../model/handler.ts";
import { sequenceOf } from "../model/record.ts";
import { waitBefore } from "../model/retry-policy.ts";
import type { TaskCall } from "../model/task-call.ts";
import { deliveryIdOf } from "./delivery-id.ts";
import type { Turn, TurnEnd } from "./engine.ts";
import type { Fact } from "./fact.ts";
import { keyOf } from "./lane-id.ts";
import { condemn } from "./letters.ts";
import { remember, turnTo } from "./progress.ts";

/** Wait after an attempt that was not made (breaker open, no free slot) and that names no time itself. */
const notCalledWaitMs = 1000;

const delivered: Disposition = { kind: "accept", why: "any 2xx, exit 0 or 10" };

/**
 * One attempt at one handler. Null: its delivery has ended, or a dead letter is now due. Otherwise the fact's turn ends
 * here, and the next one tries this handler again.
 */
export async function attempt(turn: Turn, event: BridgeEvent, handler: AfterHandler): Promise<TurnEnd | null> {
  const { engine, fact, progress, signal } = turn;
  const { clock } = engine;
  turnTo(progress, handler.id);
  const sequence = sequenceOf(fact.record);
  const own: TaskCall = {
    event,
    key: keyOf(fact.record),
    deliveryId: deliveryIdOf(handler.id, event, sequence),
    attempt: progress.made + 1,
    sequence,
    timeoutMs: handler.timeoutMs,
  };
  const call = fact.superseded > 0 ? { ...own, superseded: fact.superseded } : own;
  const startedMs = clock.monotonicMs();
  if (progress.made === 0) progress.firstAttemptMs = startedMs;
  const outcome = await engine.tasks.deliver(handler, call, signal);
  // An aborted call says nothing about the handler: it must neither cost an attempt nor end in a dead letter.
  if (outcome.kind === "failure" && signal.aborted) return { kind: "abandoned" };

  const ms = clock.monotonicMs() - startedMs;
  const failure = outcome.kind === "delivered" ? null : outcome.failure;
  engine.health.saw(handler.id, failure);
  const disposition = failure === null ? delivered : dispositionOf(failure);
  const retryInMs = judge(turn, handler, failure, disposition, ms);
  const delayMs = Math.max(0, clock.epochMs() - happenedAt(event, fact));
  engine.observer.attempted({ group: engine.group, handler, call, outcome, disposition, ms, delayMs, retryInMs });
  return retryInMs === null ? null : { kind: "wait", ms: retryInMs };
}

/** The event cannot be matched: no call is made, the table decides all the same. Returns as `attempt` does. */
export function refuse(turn: Turn, handler: AfterHandler, failure: Failure): TurnEnd | null {
  turnTo(turn.progress, handler.id);
  const retryInMs = judge(turn, handler, failure, dispositionOf(failure), 0);
  return retryInMs === null ? null : { kind: "wait", ms: retryInMs };
}

/** Applies a disposition to the delivery; returns the wait before the next attempt, null when none follows. */
function judge(
  turn: Turn,
  handler: AfterHandler,
  failure: Failure | null,
  disposition: Disposition,
  ms: number,
): number | null {
  const { engine, progress } = turn;
  const { retry } = handler;
  if (failure === null || disposition.kind === "accept") {
    progress.ended.push(handler.id);
    progress.delivered = true;
    engine.brake.delivered(handler.id);
    return null;
  }
  if (disposition.kind === "retry" && !disposition.spends) {
    const named = Math.min(failure.retryAfterMs ?? notCalledWaitMs, retry.maxRetryAfterMs);
    // The time a rate limit names is this delivery's own turn: nobody else comes then, and who is late lets it pass.
    const isItsTurn = failure.kind === "overload" && failure.retryAfterMs !== undefined;
    return isItsTurn ? named : named * (1 + retry.jitter * engine.random());
  }
  const number = progress.made + 1;
  remember(progress, { number, atMs: engine.clock.epochMs() - ms, ms, failure });
  if (disposition.kind === "retry") {
    const leftMs = retry.maxAgeMs - (engine.clock.monotonicMs() - progress.firstAttemptMs);
    // The last attempt is made when the time is over, not before: a handler that is back by then gets the fact.
    // What it stands for was being retried: it goes on at that pace, not from the first wait again.
    const before = progress.ended.length === 0 ? turn.fact.failedBefore : 0;
    const next = before + number + 1;
    if (leftMs > 0) return Math.min(waitBefore(retry, next, engine.random(), failure.retryAfterMs), leftMs);
  }
  const reason = disposition.kind === "retry" ? "too-old" : disposition.code;
  condemn(turn, handler.id, reason, `${failure.detail} (${disposition.why})`);
  return null;
}

/** When the event happened: its own time, or the record's where that cannot be read. */
function happenedAt(event: BridgeEvent, fact: Fact): number {
  const atMs = Date.parse(event.time);
  return Number.isNaN(atMs) ? fact.record.timestampMs : atMs;
}
