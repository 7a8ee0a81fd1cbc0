import type { BeforeObserver } from "../before/ports.ts";
import { findEventType } from "../model/event-catalogue.ts";
import type { Logger } from "../model/logger.ts";
import type { Admission } from "../model/reading.ts";
import { sequenceOf } from "../model/record.ts";
import type { Metrics } from "./metrics.ts";

/** One wide log line and the counters of every request. */
export function observeBefore(logger: Logger, metrics: Metrics): BeforeObserver {
  return {
    decided(record, admission, { verdict, failures, poison }, end, ms) {
      metrics.requestEnds.inc({ end });
      metrics.requests.inc({ event: eventLabel(admission), decision: verdict.decision, decided_by: verdict.decidedBy });
      metrics.requestSeconds.observe({ event: eventLabel(admission) }, ms / 1000);
      for (const { id, outcome, ms: took } of verdict.handlers) {
        metrics.handlerOutcomes.inc({ handler: id, stage: "before", outcome });
        metrics.handlerSeconds.observe({ handler: id, stage: "before" }, took / 1000);
      }
      if (poison !== undefined) metrics.poison.inc({ stage: "before", reason: poison });
      const fields = {
        event: admission.kind === "admitted" ? admission.eventId : null,
        operation: verdict.operationId,
        attempt: verdict.attempt,
        decision: verdict.decision,
        decidedBy: verdict.decidedBy,
        handler: verdict.handler,
        reason: verdict.reason,
        handlers: verdict.handlers,
        failures: failures.map(({ handler, failure }) => ({ handler, kind: failure.kind, detail: failure.detail })),
        changes: verdict.changes.map(({ path, handler }) => ({ path, handler })),
        warnings: verdict.warnings,
        end,
        ms: Math.round(ms),
        sequence: sequenceOf(record),
      };
      if (verdict.decision === "undecided" || failures.length > 0) logger.warn(fields, "request decided");
      // What is as usual stands on the topic of decisions.
      else logger.debug(fields, "request decided");
    },
    unsent(record, detail) {
      logger.error({ detail, sequence: sequenceOf(record) }, "verdict could not be written to the reply topic");
    },
    unanswered(record, end, detail) {
      metrics.requestEnds.inc({ end });
      const fields = { end, detail, sequence: sequenceOf(record) };
      if (end === "defect") logger.error(fields, "request not answered");
      else logger.warn(fields, "request not answered");
    },
    skewed(record, skewMs) {
      metrics.clockSkewSeconds.set(skewMs / 1000);
      logger.warn(
        { skewMs, sequence: sequenceOf(record) },
        "a request comes from the future: the clocks of core, broker or bridge disagree",
      );
    },
    paused(reason, bytes) {
      metrics.requestPauses.inc({ reason });
      logger.warn({ reason, bytes }, "requests paused: those in flight hold too much");
    },
    resumed(bytes) {
      logger.info({ bytes }, "requests resumed");
    },
  };
}

/** Ids of vendors come from outside and are not bounded: they share one label. */
function eventLabel(admission: Admission): string {
  return admission.kind === "admitted" && findEventType(admission.eventId) !== undefined ? admission.eventId : "other";
}
