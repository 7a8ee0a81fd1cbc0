import { deliveryIdOf } from "../after/delivery-id.ts";
import type { AfterTasks, DeadLetters } from "../after/ports.ts";
import { type Replay, type ReplayReading, readReplay } from "../kafka/records/replays.ts";
import type { Condition } from "../model/condition.ts";
import type { BridgeEvent } from "../model/event.ts";
import type { AfterHandler } from "../model/handler.ts";
import type { Logger } from "../model/logger.ts";
import type { Admission, Reading, RecordReader } from "../model/reading.ts";
import { type InboundRecord, sequenceOf } from "../model/record.ts";

export interface ReplayParts {
  readonly group: string;
  /** Of the group, archived ones left out; the same list as long as nothing changed. */
  readonly members: () => readonly AfterHandler[];
  readonly reader: RecordReader;
  readonly tasks: AfterTasks;
  readonly deadLetters: DeadLetters;
  readonly logger: Logger;
}

/** What a group's delivery engine is made with so that it takes up replays beside its facts. */
export type WithReplays = Pick<ReplayParts, "members" | "reader" | "tasks" | "deadLetters">;

/**
 * The replays topic beside a group's facts, as one more topic of its consumer: lanes, retries, breaker, parking and commits
 * hold for a replay as for a fact, and the engine knows nothing of it. Around its ports stands what is different:
 *
 *   reader       a replay of another group is passed over; ours is read as the original that it carries
 *   members      only the handler that failed matches; the others have the event
 *   tasks        the handler gets the original's `webhook-id` and `bridge-sequence`
 *   deadLetters  one that fails again becomes a dead letter of the original again
 *
 * A replay that nobody takes any more becomes a dead letter as well: it was meant to arrive.
 */
export function withReplays(topic: string, parts: ReplayParts): WithReplays {
  const { group, logger } = parts;
  const replays = new WeakMap<BridgeEvent, Replay>();
  let built: { readonly of: readonly AfterHandler[]; readonly members: readonly AfterHandler[] } | null = null;
  const readingOf = (record: InboundRecord): ReplayReading | null =>
    record.topic === topic ? readReplay(record) : null;
  const readReplayed = async (replay: Replay): Promise<Reading> => {
    const read = await parts.reader.read(replay.record);
    if (read.kind === "event") replays.set(read.event, replay);
    return read;
  };
  return {
    reader: {
      admit(record) {
        const reading = readingOf(record);
        if (reading === null) return parts.reader.admit(record);
        if (reading.kind === "foreign") {
          logger.warn({ group, sequence: sequenceOf(record), detail: reading.detail }, "not a replay: passed over");
          return { kind: "tombstone" };
        }
        return reading.replay.group === group ? admitReplay(reading.replay, parts) : { kind: "tombstone" };
      },
      read(record) {
        const reading = readingOf(record);
        return reading?.kind === "replay" ? readReplayed(reading.replay) : parts.reader.read(record);
      },
    },
    members() {
      const of = parts.members();
      if (built?.of !== of) {
        built = { of, members: of.map((handler) => ({ ...handler, condition: conditionFor(handler, replays) })) };
      }
      return built.members;
    },
    tasks: {
      deliver(handler, call, signal) {
        const replay = replays.get(call.event);
        if (replay === undefined) return parts.tasks.deliver(handler, call, signal);
        const sequence = sequenceOf(replay.record);
        const deliveryId = deliveryIdOf(handler.id, call.event, sequence);
        return parts.tasks.deliver(handler, { ...call, sequence, deliveryId }, signal);
      },
    },
    deadLetters: {
      write(letter) {
        const reading = readingOf(letter.record);
        if (reading?.kind !== "replay") return parts.deadLetters.write(letter);
        const { record, handler } = reading.replay;
        return parts.deadLetters.write({ ...letter, record, handler: letter.handler ?? handler });
      },
    },
  };
}

function admitReplay({ handler, record }: Replay, { members, reader }: ReplayParts): Admission {
  const admission = reader.admit(record);
  if (admission.kind !== "admitted") return admission;
  const { eventId } = admission;
  const takes = members().some(({ id, events }) => (handler === null || id === handler) && events.includes(eventId));
  if (takes) return { ...admission, single: true };
  const who = handler === null ? "no handler of its group" : `no handler "${handler}" of its group`;
  return { kind: "poison", reason: "unaddressed", detail: `replayed, but ${who} takes ${eventId}` };
}

/** A handler's own condition, and whether a replay is for it. */
function conditionFor({ id, condition }: AfterHandler, replays: WeakMap<BridgeEvent, Replay>): Condition | null {
  return {
    source: condition?.source ?? "",
    evaluate(event) {
      const to = replays.get(event)?.handler;
      // No replay, or one of an event that had reached nobody.
      if (to === undefined || to === null) return condition?.evaluate(event) ?? { kind: "match" };
      if (to !== id) return { kind: "no-match" };
      const matching = condition?.evaluate(event) ?? { kind: "match" };
      return matching.kind === "no-match"
        ? { kind: "error", detail: "replayed, but the handler's condition no longer matches it" }
        : matching;
    },
  };
}
