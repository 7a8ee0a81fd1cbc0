import type { BridgeError } from "../../errors.ts";
import type { Clock } from "../../model/clock.ts";
import type { TopicPartition } from "../../model/record.ts";
import type { CommitPosition, LostRange, RecordSink, RecordSource } from "../../model/record-source.ts";
import type { ConsumerTiming } from "./consumer-timing.ts";

/** What a member of a consumer group is to those who hold one; consumer.ts makes it. */

export interface GroupConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sink: RecordSink;
  /** Called once when the consumer could not be brought back; the process should end. */
  readonly onGaveUp: (error: BridgeError) => void;
  /** Records that this group should have read are gone; nobody else will say so. It is logged, too. */
  readonly onLost?: (lost: LostRange) => void;
  readonly timing: ConsumerTiming;
  readonly clock?: Clock;
}

export type ConsumerState = "starting" | "assigned" | "rejoining" | "stopped";

export interface GroupConsumer extends RecordSource {
  /**
   * Waits for broker and topics as long as it takes, saying so; resolves at the first join. Rejects with CLOSED when
   * `signal` aborts, and is stopped then; rejects as `onGaveUp` says when waiting will not mend it.
   */
  start(signal: AbortSignal): Promise<void>;
  state(): ConsumerState;
  assignedPartitions(): readonly TopicPartition[];
  /**
   * Commits positions of topics that nobody of the group reads yet: from outside it the broker takes none while there are
   * members. Rejects as `commit` does.
   */
  claim(positions: readonly CommitPosition[]): Promise<void>;
  /**
   * Leaves the group; resolves within `deadlineMs`, which should be longer than `maxWaitMs`: a fetch that is out is waited
   * for, and a member that does not get to leave keeps its partitions until its session ends. Idempotent.
   */
  stop(deadlineMs: number): Promise<void>;
}
