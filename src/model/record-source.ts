import type { InboundRecord, TopicPartition } from "./record.ts";

/** A consumer group's member as the two stages see it: it hands records over and returns; it never waits for work. */

export interface CommitPosition extends TopicPartition {
  /** The next offset to read. */
  readonly offset: number;
  readonly metadata: string | null;
}

export interface RecordSource {
  pause(partition: TopicPartition): void;
  resume(partition: TopicPartition): void;
  /** Rejects when the group has moved on (rebalance) or the broker is away; the caller commits again later. */
  commit(positions: readonly CommitPosition[]): Promise<void>;
}

/** A partition as it is assigned, with what was committed of it when it was gained; nothing where it was kept. */
export interface AssignedPartition extends TopicPartition {
  /** The next offset to read; null or absent: none was committed. */
  readonly offset?: number | null;
  readonly metadata?: string | null;
}

/** Offsets a group should have read and never will: retention took them, or the topic was made anew. */
export interface LostRange extends TopicPartition {
  readonly from: number;
  /** Exclusive. */
  readonly until: number;
}

export interface RecordSink {
  /**
   * The partitions this member owns from now on; those that it no longer owns are gone. Called at every join, before any
   * record of that generation. A member that was expelled (its member id has changed) calls it with none first: others
   * may have moved on in its partitions meanwhile, so that what it still holds of them is void.
   */
  assigned(partitions: readonly AssignedPartition[]): void;
  /**
   * A join is due that may take partitions away: resolves when what is under way has ended and is committed, and within
   * `withinMs` at the latest. `assigned` follows, unless the member dies. Never rejects.
   */
  beforeJoin?(withinMs: number): Promise<void>;
  /** Records of one partition in offset order; offsets may repeat after a join. Never throws. */
  accept(records: readonly InboundRecord[]): void;
}
