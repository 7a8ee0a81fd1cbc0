/** What the after stage needs from outside. The implementations live in tasks/, kafka/ and observe/. */
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

export interface CommitPosition extends TopicPartition {
  /** The next offset to read. */
  readonly offset: number;
  readonly metadata: string | null;
}

/** The consumer of one group. It hands over and returns; it never waits for work. */
export interface FactSource {
  pause(partition: TopicPartition): void;
  resume(partition: TopicPartition): void;
  /** Rejects when the group has moved on (rebalance) or the broker is away; the caller commits again later. */
  commit(positions: readonly CommitPosition[]): Promise<void>;
}

export interface FactSink {
  /** The partitions this member owns from now on; those that it no longer owns are gone. Called at every join. */
  assigned(partitions: readonly TopicPartition[]): void;
  /** Records of one partition in offset order; offsets may repeat after a join. Never throws. */
  accept(records: readonly InboundRecord[]): void;
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
