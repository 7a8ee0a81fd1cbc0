import type { ShadowObserver } from "../before/ports.ts";
import type { Logger } from "../model/logger.ts";
import type { Metrics } from "./metrics.ts";

/** One log line and the counters of every shadow's verdict; fields by name only, their values may be secret. */
export function observeShadows(logger: Logger, metrics: Metrics): ShadowObserver {
  const count = (handler: string, field: string, agrees: boolean): void =>
    metrics.shadowVerdicts.inc({ handler, field, result: agrees ? "agrees" : "differs" });
  return (report) => {
    const { handler, end } = report;
    if (end.kind === "skipped") {
      metrics.shadowsSkipped.inc({ handler });
      logger.debug({ handler, sequence: report.sequence }, "shadow skipped: too many are in flight");
      return;
    }
    const labels = { handler, stage: "shadow" };
    metrics.handlerOutcomes.inc({ ...labels, outcome: end.outcome });
    metrics.handlerSeconds.observe(labels, end.ms / 1000);
    const fields = {
      handler,
      event: report.eventId,
      operation: report.operationId,
      sequence: report.sequence,
      enforced: report.enforced,
      outcome: end.outcome,
      ms: Math.round(end.ms),
    };
    if (end.kind === "failed") {
      metrics.shadowVerdicts.inc({ handler, field: "decision", result: "failed" });
      logger.warn({ ...fields, failure: end.failure.kind, detail: end.failure.detail }, "shadow failed");
      return;
    }
    const differing = end.fields.filter(({ agrees }) => !agrees).map(({ field }) => field);
    count(handler, "decision", end.decision === report.enforced);
    for (const { field, agrees } of end.fields) count(handler, `data.${field}`, agrees);
    logger.info({ ...fields, decision: end.decision, reason: end.reason, differing }, "shadow compared");
  };
}
