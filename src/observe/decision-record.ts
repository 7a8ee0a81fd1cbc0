import type { Decided, RequestEnd, RequestSteps } from "../before/ports.ts";
import type { DecisionRecord } from "../model/decision.ts";
import { maskText, secretValues } from "../model/mask.ts";
import type { Admission } from "../model/reading.ts";
import { type InboundRecord, sequenceOf } from "../model/record.ts";

const maxKeyLength = 200;

/**
 * What stands on the topic of decisions about one request. Nothing of it holds a secret: fields that are secret are masked
 * where they changed, and their values, as sent and as changed, wherever a handler repeats them in words of its own or in
 * another field.
 */
export function decisionRecord(
  instanceId: string,
  record: InboundRecord,
  admission: Admission,
  { verdict, failures }: Decided,
  end: RequestEnd,
  ms: number,
  steps: RequestSteps,
): DecisionRecord {
  const { event } = steps;
  const secrets =
    event === null ? [] : [...secretValues(event.data, event.shape), ...secretValues(verdict.data ?? {}, event.shape)];
  const masked = (text: string): string => maskText(text, secrets);
  const { reason } = verdict;
  return {
    operationId: verdict.operationId,
    attempt: verdict.attempt,
    eventId: admission.kind === "admitted" ? admission.eventId : null,
    objectId: event?.objectId ?? null,
    clientKey: record.key?.toString().slice(0, maxKeyLength) ?? null,
    baseVersion: verdict.baseVersion,
    dataHash: verdict.dataHash,
    sequence: sequenceOf(record),
    instanceId,
    decision: verdict.decision,
    decidedBy: verdict.decidedBy,
    handler: verdict.handler,
    reason: reason === null ? null : { code: masked(reason.code), message: masked(reason.message) },
    handlers: verdict.handlers,
    changes: verdict.changes.map(({ path, from, to, handler }) => ({
      path: masked(path),
      from: from === null ? null : masked(from),
      to: masked(to),
      handler,
    })),
    failures: failures.map(({ handler, failure }) => ({
      handler,
      kind: failure.kind,
      detail: masked(failure.detail),
      status: failure.status ?? null,
      exit: failure.exit ?? null,
    })),
    warnings: verdict.warnings.map(masked),
    end,
    askedAtMs: record.timestampMs,
    receivedAtMs: steps.receivedAtMs,
    readMs: steps.readMs,
    decidedMs: steps.decidedMs,
    repliedMs: end === "reply-failed" ? null : ms,
  };
}
