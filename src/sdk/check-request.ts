import { randomUUID } from "node:crypto";
import { BridgeError } from "../errors.ts";
import { maxDeadlineMs } from "../model/budget.ts";
import type { TopicNames } from "../model/topics.ts";
import { type BillingEvent, type CheckedEvent, checkEvent } from "./billing-event.ts";
import type { BillingClientOptions, RequestOptions } from "./client-options.ts";
import type { RequestContext } from "./request-verdict.ts";

/** A request as it may be sent: whatever the caller can do wrong has been found. */
export interface CheckedRequest {
  readonly event: CheckedEvent;
  readonly topic: string;
  readonly context: RequestContext;
  readonly deadlineMs: number;
}

type ClientDefaults = Pick<BillingClientOptions, "source" | "deadlineMs" | "onSilence">;

const usualDeadlineMs = 1500;
/** Of an Avro int. */
const maxAttempt = 2 ** 31 - 1;

/** Throws BridgeError USAGE, UNKNOWN_EVENT or DATA_INVALID, as BillingClient.request says. */
export function checkRequest(
  event: BillingEvent,
  own: RequestOptions,
  client: ClientDefaults,
  topics: TopicNames,
): CheckedRequest {
  const deadlineMs = deadlineOf(own.deadlineMs ?? client.deadlineMs);
  const checked = checkEvent(event, client.source);
  return { event: checked, deadlineMs, topic: topicOf(checked, topics), context: contextOf(checked, own, client) };
}

function deadlineOf(givenMs: number | undefined): number {
  const deadlineMs = givenMs ?? usualDeadlineMs;
  if (Number.isFinite(deadlineMs) && deadlineMs >= 1 && deadlineMs <= maxDeadlineMs) return deadlineMs;
  throw new BridgeError("USAGE", `deadlineMs must be 1 to ${maxDeadlineMs} milliseconds`);
}

function topicOf({ type }: CheckedEvent, topics: TopicNames): string {
  const topic = topics.before[type.entity];
  if (type.before && topic !== undefined) return topic;
  throw new BridgeError("USAGE", `${type.id} has no before stage: it only tells what happened; use publish`);
}

function contextOf({ data }: CheckedEvent, own: RequestOptions, client: ClientDefaults): RequestContext {
  const onSilence = own.onSilence ?? client.onSilence;
  if (onSilence === undefined) {
    throw new BridgeError(
      "USAGE",
      "state what decides when no verdict comes: onSilence, per request or for the client",
    );
  }
  const attempt = own.attempt ?? 1;
  if (!Number.isSafeInteger(attempt) || attempt < 1)
    throw new BridgeError("USAGE", "attempt must be a whole number from 1 on");
  if (attempt > maxAttempt) throw new BridgeError("USAGE", `attempt must be at most ${maxAttempt}`);
  const operationId = own.operationId ?? randomUUID();
  // The bridge would read another one, and its verdict be about another operation: it takes quotes for Spring's.
  if (operationId === "" || !operationId.isWellFormed() || /^".*"$/s.test(operationId))
    throw new BridgeError("USAGE", "operationId must be well-formed text, not empty and not between quotation marks");
  return {
    data,
    onSilence,
    attempt,
    operationId,
    baseVersion: own.baseVersion ?? null,
  };
}
