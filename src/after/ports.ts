/** What the after stage needs from outside. The implementations live in tasks/, kafka/ and observe/. */

import type { ParkPosition } from "../model/commit-note.ts";
import type { Disposition } from "../model/disposition.ts";
import type { Exchange } from "../model/exchange.ts";
import type { Failure } from "../model/failure.ts";
import type { AfterHandler } from "../model/handler.ts";
import type { InboundRecord, TopicPartition } from "../model/record.ts";
import type { TaskCall } from "../model/task-call.ts";
import type { LaneId } from "./lane-id.ts";

export type AttemptOutcome = (
  | { readonly kind: "delivered"; readonly status: number; readonly response: string }
  | { readonly kind: "failure"; readonly failure: Failure }
) & {
  /** Absent: no call was made, or nobody keeps it. */
  readonly exchange?: Exchange;
};

export interface AfterTasks {
  /** Makes one attempt. Never rejects; ends at `call.timeoutMs` at the latest, or at once when `signal` aborts. */
  deliver(handler: AfterHandler, call: TaskCall, signal: AbortSignal): Promise<AttemptOutcome>;
}

export interface AttemptRecord {
  /** From 1. */
  readonly number: number;
  readonly atMs: number;
  readonly ms: number;
  readonly failure: Failure;
}

export interface DeadLetter {
  readonly group: string;
  /** Null when no handler was reached (poison). */
  readonly handler: string | null;
  readonly record: InboundRecord;
  readonly reason: string;
  readonly detail: string;
  /** The last ones, at most 20. */
  readonly attempts: readonly AttemptRecord[];
}

export interface DeadLetters {
  /** Resolves when all in-sync replicas hold it; rejects otherwise, and then nothing may be settled. */
  write(letter: DeadLetter): Promise<void>;
}

/** Where an owner writes the log of a partition's park: a partition of the parked topic, and its epoch there. */
export type ParkPlace = Omit<ParkPosition, "from">;

/** A part of the parked topic. */
export interface ParkRange {
  readonly partition: number;
  readonly from: number;
  /** Exclusive. */
  readonly until: number;
}

/** What the log of a park says, of one group and one source partition; `at` is its offset. (DESIGN.md, "Parking") */
export type ParkedEntry =
  /** An owner began; `follows`: the epoch before its own, null where there was no park. */
  | { readonly kind: "opened"; readonly at: number; readonly follows: number | null }
  /** A copy of a fact, whole: with its own topic, partition and offset. */
  | {
      readonly kind: "record";
      readonly at: number;
      readonly epoch: number;
      /** Which of the owner's parkings it belongs to: a key that is parked again gets a higher one. */
      readonly stay: number;
      /** Whether the fact was in a lane of its own, and is again when it comes back. */
      readonly alone: boolean;
      readonly record: InboundRecord;
    }
  | (LaneEnds & { readonly kind: "settled"; readonly at: number; readonly epoch: number });

/** How far a parked lane has come. */
export interface LaneEnds {
  readonly laneId: LaneId;
  /** Of its records, as Latin-1 text. */
  readonly key: string | null;
  /** Source offsets of facts that have ended. */
  readonly ended: readonly number[];
  /** Its copies of this stay, of earlier ones and of earlier epochs count no more; -1: nothing is said. */
  readonly left: number;
}

/** The parked topic. Writes resolve when all in-sync replicas hold them; a write that rejects may be there nevertheless. */
export interface ParkedLog {
  open(group: string, source: TopicPartition, follows: ParkPosition | null): Promise<ParkPlace>;
  /** Resolves with the copy's offset. */
  write(group: string, place: ParkPlace, record: InboundRecord, stay: number, alone: boolean): Promise<number>;
  settle(group: string, place: ParkPlace, source: TopicPartition, ends: LaneEnds): Promise<void>;
  /**
   * Calls `take` with each entry of the group and source that stands in [from, until) of a parked topic's partition, in
   * order; what retention took is passed over. Rejects when not all of it could be read; some was taken then.
   */
  read(group: string, source: TopicPartition, range: ParkRange, take: (entry: ParkedEntry) => void): Promise<void>;
  /** Copies that retention took before they were delivered: a named loss. */
  lost(group: string, range: ParkRange): void;
}

/** How a fact ended for its group; every fact ends in exactly one of these, once per reading. */
export type FactEnd =
  | "delivered" // every handler that matched has it
  | "superseded" // a newer one of its key tells the state that it told (catch-up.ts)
  | "dead-lettered" // at least one handler, or the reader, refused it for good
  | "unmatched" // no handler names it, or no condition matched
  | "tombstone" // no value: nothing to deliver
  | "settled-before"; // an earlier reader of this partition had ended or parked it (commit metadata)

/** One attempt, whole: the observer picks what it shows. */
export interface AttemptReport {
  readonly group: string;
  readonly handler: AfterHandler;
  readonly call: TaskCall;
  readonly outcome: AttemptOutcome;
  readonly disposition: Disposition;
  readonly ms: number;
  /** From the event's own time to the end of the attempt, by the wall clock; milliseconds, at least 0. */
  readonly delayMs: number;
  /** Milliseconds until the next attempt, null when there is none. */
  readonly retryInMs: number | null;
}

/** What happened, for logs and metrics. Must return at once and never throw. */
export interface AfterObserver {
  attempted(report: AttemptReport): void;
  settled(group: string, end: FactEnd, record: InboundRecord): void;
  deadLettered(letter: DeadLetter): void;
  /** A dead letter could not be written (try number `tries`): its lane stands still until it can. */
  halted(letter: DeadLetter, tries: number, detail: string): void;
  /** The registry is away: the record's lane waits. */
  unread(group: string, record: InboundRecord, tries: number, detail: string): void;
  paused(group: string, partition: TopicPartition, why: PauseReason): void;
  resumed(group: string, partition: TopicPartition): void;
  /** A key goes to the parked topic, with this many facts for a start. */
  parking(group: string, partition: TopicPartition, key: string | null, facts: number, why: ParkReason): void;
  /** A fact was copied there and settled at its source; its end follows when it has one. */
  parked(group: string, record: InboundRecord): void;
  /** None of the key's facts is parked any more. */
  unparked(group: string, partition: TopicPartition, key: string | null): void;
  /** A handler (null: what cannot be read) was refused so many events in a row that the group stops, and tries now and then. */
  braked(group: string, handler: string | null, letters: number): void;
  released(group: string, handler: string | null): void;
  /** A fact that could be tried has not been for long. */
  stalled(group: string, sequence: string, waitedMs: number, why: StallReason): void;
  /** Records that were in flight or settled came again, as after each join. */
  repeated(group: string, records: number): void;
  /** The parked topic could not be written or read: what is parked waits, and so may its partition. */
  parkFailed(group: string, partition: TopicPartition, tries: number, detail: string): void;
}

/**
 * `records`: so many in its lane; `span`: it keeps too much from being committed; `full`: its partition holds too much, and
 * it has failed again and again.
 */
export type ParkReason = "records" | "span" | "full";

/**
 * `earlier-owner`: turns of an earlier epoch have not ended; `park-unknown`: what is parked cannot be read; `brake`: the
 * group has stopped; `no-slot`: others take all slots.
 */
export type StallReason = "earlier-owner" | "park-unknown" | "brake" | "no-slot";

/**
 * `records`: too many unsettled; `bytes`: the group holds too much; `span`: too far ahead of what can be committed;
 * `disabled`: no handler of the group is enabled; `drain`: the group stops.
 */
export type PauseReason = "records" | "bytes" | "span" | "disabled" | "drain";
