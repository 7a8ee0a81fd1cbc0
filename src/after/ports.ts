/** What the after stage needs from outside. The implementations live in tasks/, kafka/ and observe/. */
import type { Disposition } from "../model/disposition.ts";
import type { Failure } from "../model/failure.ts";
import type { AfterHandler } from "../model/handler.ts";
import type { InboundRecord, TopicPartition } from "../model/record.ts";
import type { TaskCall } from "../model/task-call.ts";

export type AttemptOutcome =
  | { readonly kind: "delivered"; readonly status: number; readonly response: string }
  | { readonly kind: "failure"; readonly failure: Failure };

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

/** How a fact ended for its group; every fact ends in exactly one of these, once per reading. */
export type FactEnd =
  | "delivered" // every handler that matched has it
  | "dead-lettered" // at least one handler, or the reader, refused it for good
  | "unmatched" // no handler names it, or no condition matched
  | "tombstone" // no value: nothing to deliver
  | "settled-before"; // an earlier reader of this partition had ended it (commit metadata)

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
}

/** `records`: too many unsettled; `bytes`: the group holds too much; `span`: too far ahead of what can be committed. */
export type PauseReason = "records" | "bytes" | "span" | "drain";
