import type { AfterObserver } from "../after/ports.ts";
import type { Logger } from "../model/logger.ts";
import { sequenceOf } from "../model/record.ts";
import type { SubscriberCounts } from "./subscriber-options.ts";

/** What is counted from the start on. */
export type Tallies = {
  -readonly [Name in "delivered" | "failed" | "deadLettered" | "lost"]: SubscriberCounts[Name];
};

/** Counts, and one log line for all that is not the usual end of a delivery. */
export function observeSubscriber(logger: Logger, tallies: Tallies): AfterObserver {
  return {
    attempted({ call, disposition, outcome, ms, retryInMs }) {
      const { attempt, deliveryId, event, sequence } = call;
      const fields = { event: event.id, delivery: deliveryId, attempt, sequence, ms: Math.round(ms) };
      if (outcome.kind === "delivered") {
        logger.debug(fields, "delivered");
        return;
      }
      const { detail, kind } = outcome.failure;
      const why = { ...fields, failure: kind, detail, retryInMs: retryInMs === null ? null : Math.round(retryInMs) };
      if (disposition.kind === "retry" && !disposition.spends) {
        logger.debug(why, "a delivery waits");
        return;
      }
      tallies.failed++;
      logger.warn(why, "an attempt failed");
    },
    settled(_group, end) {
      if (end === "delivered") tallies.delivered++;
    },
    deadLettered({ group, reason, detail, record, attempts }) {
      tallies.deadLettered++;
      const fields = { group, reason, detail, attempts: attempts.length, sequence: sequenceOf(record) };
      logger.error(fields, "an event became a dead letter");
    },
    halted({ group, reason, record }, tries, detail) {
      const fields = { group, reason, tries, detail, sequence: sequenceOf(record) };
      logger.error(fields, "a dead letter cannot be written: its key waits");
    },
    unread(group, record, tries, detail) {
      logger.warn({ group, tries, detail, sequence: sequenceOf(record) }, "the registry is away: an event waits");
    },
    paused(group, { topic, partition }, why) {
      logger.debug({ group, topic, partition, why }, "partition paused");
    },
    resumed(group, { topic, partition }) {
      logger.debug({ group, topic, partition }, "partition resumed");
    },
    braked(group, _handler, letters) {
      logger.error({ group, letters }, "too many dead letters in a row: stopped, and tries one event now and then");
    },
    released(group) {
      logger.warn({ group }, "an event was taken again: it goes on");
    },
    stalled(group, sequence, waitedMs, why) {
      logger.error({ group, sequence, waitedMs: Math.round(waitedMs), why }, "an event that could be tried is not");
    },
    repeated: nothing,
    parking: nothing,
    parked: nothing,
    unparked: nothing,
    parkFailed: nothing,
  };
}

function nothing(): void {
  // The dispatcher counts repeated records itself; a subscriber parks nothing.
}
