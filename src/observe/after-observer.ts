import type { AfterObserver } from "../after/ports.ts";
import type { Disposition } from "../model/disposition.ts";
import type { Logger } from "../model/logger.ts";
import { sequenceOf } from "../model/record.ts";
import type { Metrics } from "./metrics.ts";

/** One wide log line per attempt and per end that is not the usual one, and the counters of all of them. */
export function observeAfter(logger: Logger, metrics: Metrics): AfterObserver {
  return {
    attempted({ group, handler, call, outcome, disposition, ms, delayMs, retryInMs }) {
      const failure = outcome.kind === "failure" ? outcome.failure : null;
      metrics.handlerOutcomes.inc({ handler: handler.id, stage: "after", outcome: failure?.kind ?? "delivered" });
      const isCalled = classOf(disposition) !== "not-called";
      metrics.attempts.inc({ group, class: classOf(disposition) });
      if (isCalled) metrics.handlerSeconds.observe({ handler: handler.id, stage: "after" }, ms / 1000);
      if (disposition.kind === "accept") metrics.deliveryDelaySeconds.observe({ group }, delayMs / 1000);
      // What is as usual stands in the execution log; a line for each of thousands a second helps nobody.
      const isUsual = failure === null || !isCalled;
      if (isUsual && logger.isLevelEnabled?.("debug") === false) return;
      const fields = {
        group,
        handler: handler.id,
        event: call.event.id,
        objectId: call.event.objectId,
        delivery: call.deliveryId,
        attempt: call.attempt,
        sequence: call.sequence,
        ...(call.superseded === undefined ? {} : { superseded: call.superseded }),
        disposition: disposition.kind,
        ...(failure === null
          ? {}
          : {
              failure: failure.kind,
              detail: failure.detail,
              status: failure.status,
              exit: failure.exit,
              why: disposition.why,
            }),
        ms: Math.round(ms),
        delayMs: Math.round(delayMs),
        retryInMs: retryInMs === null ? null : Math.round(retryInMs),
      };
      // Every lane of a handler whose breaker is open, or which is past its rate, comes by here again and again.
      if (!isCalled) logger.debug(fields, "delivery waits");
      else if (isUsual) logger.debug(fields, "delivery attempted");
      else logger.warn(fields, "delivery attempted");
    },
    settled(group, end, record) {
      metrics.factEnds.inc({ group, end });
      if (end === "unmatched" || end === "tombstone" || end === "superseded")
        logger.debug({ group, end, sequence: sequenceOf(record) }, "fact settled");
    },
    deadLettered({ group, handler, reason, detail, record, attempts }) {
      metrics.deadLetters.inc({ group, handler: handler ?? "none", reason });
      if (handler === null) metrics.poison.inc({ stage: "after", reason });
      logger.error(
        { group, handler, reason, detail, attempts: attempts.length, sequence: sequenceOf(record) },
        "fact dead-lettered",
      );
    },
    halted({ group, record, reason }, tries, detail) {
      metrics.haltedTries.inc({ group });
      logger.error(
        { group, reason, tries, detail, sequence: sequenceOf(record) },
        "dead letter cannot be written: its lane waits",
      );
    },
    unread(group, record, tries, detail) {
      metrics.registryWaits.inc({ group });
      logger.warn({ group, tries, detail, sequence: sequenceOf(record) }, "the registry is away: the fact waits");
    },
    paused(group, { topic, partition }, why) {
      metrics.pauses.inc({ group, reason: why });
      logger.debug({ group, topic, partition, why }, "partition paused");
    },
    parking(group, { topic, partition }, key, facts, why) {
      metrics.keysParked.inc({ group, reason: why });
      logger.warn({ group, topic, partition, key, facts, why }, "a key is stuck: it is parked");
    },
    parked(group) {
      metrics.factsParked.inc({ group });
    },
    unparked(group, { topic, partition }, key) {
      logger.info({ group, topic, partition, key }, "a parked key has caught up");
    },
    braked(group, handler, letters) {
      metrics.brakes.inc({ group, handler: handler ?? "none" });
      logger.error(
        { group, handler, letters },
        "too many dead letters in a row: the group stops, and tries one event now and then",
      );
    },
    released(group, handler) {
      logger.warn({ group, handler }, "an event was taken again: the group goes on");
    },
    stalled(group, sequence, waitedMs, why) {
      metrics.stalls.inc({ group, reason: why });
      logger.error({ group, sequence, waitedMs: Math.round(waitedMs), why }, "a fact that could be tried is not");
    },
    repeated(group, records) {
      metrics.factsRepeated.inc({ group }, records);
    },
    parkFailed(group, { topic, partition }, tries, detail) {
      metrics.parkFailures.inc({ group });
      logger.error(
        { group, topic, partition, tries, detail },
        "the parked topic cannot be used now: what is parked waits",
      );
    },
    resumed(group, { topic, partition }) {
      logger.debug({ group, topic, partition }, "partition resumed");
    },
  };
}

/** What an attempt came to, for its delivery. */
function classOf(disposition: Disposition): string {
  if (disposition.kind === "accept") return "delivered";
  if (disposition.kind === "dead-letter") return "refused";
  return disposition.spends ? "failed" : "not-called";
}
