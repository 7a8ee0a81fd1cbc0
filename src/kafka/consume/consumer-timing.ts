import type { ConsumerConfig } from "kafkajs";

/** How a consumer of a stage differs from one of the other. Milliseconds. Heartbeats go out between fetches only, so `idleMaxWaitMs` must stay well below `sessionTimeoutMs`. */
export interface ConsumerTiming {
  readonly maxWaitMs: number;
  /** The same once nothing has come for a while (fetch-pace.ts). */
  readonly idleMaxWaitMs: number;
  /** What one fetch brings of a partition and of a broker, in bytes as they are sent; a larger record comes alone. */
  readonly partitionBytes: number;
  readonly fetchBytes: number;
  readonly heartbeatMs: number;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** How long a join waits for what is under way; with `idleMaxWaitMs` and `heartbeatMs` well below `sessionTimeoutMs`, for no heartbeat goes out meanwhile. */
  readonly beforeJoinMs: number;
  /** Whether to look up what was committed of partitions that are gained (metadata, losses): costs the join some ms. */
  readonly readsCommitted: boolean;
  /** How long a partition that was added may stay unread. */
  readonly metadataMaxAgeMs: number;
  /**
   * What becomes of a batch at which a defect of ours threw. `skip`: it is passed over, the next one comes; a request has a
   * deadline of its own. `again`: the client ends, and the next one reads on from what was committed: nothing that was not
   * handed over is ever committed past, and a defect that stays makes the supervisor give up loudly.
   */
  readonly afterDefect: "skip" | "again";
}

/**
 * Quick to notice a member that left or died: a verdict's deadline is short. With kafkajs's own 3 s heartbeat a member
 * that leaves stalls the others for 2 s, with 300 ms for some 35 ms; 6 s is the least session a broker grants.
 */
export const beforeTiming: ConsumerTiming = {
  maxWaitMs: 250,
  idleMaxWaitMs: 250,
  partitionBytes: 1_048_576,
  fetchBytes: 10_485_760,
  heartbeatMs: 300,
  sessionTimeoutMs: 6000,
  rebalanceTimeoutMs: 6000,
  beforeJoinMs: 0,
  readsCommitted: false,
  metadataMaxAgeMs: 5000,
  afterDefect: "skip",
};

/**
 * Cheaper when idle, and still within a second, or three after a quiet while, of noticing that it should stop or that the group
 * has changed: kafkajs does each only between fetches.
 */
export const afterTiming: ConsumerTiming = {
  maxWaitMs: 1000,
  idleMaxWaitMs: 3000,
  partitionBytes: 131_072,
  fetchBytes: 1_048_576,
  heartbeatMs: 1000,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  beforeJoinMs: 3000,
  readsCommitted: true,
  metadataMaxAgeMs: 60_000,
  afterDefect: "again",
};

/** What of it is kafkajs's to keep. */
export function kafkajsTiming(timing: ConsumerTiming): Omit<ConsumerConfig, "groupId"> {
  return {
    maxWaitTimeInMs: timing.maxWaitMs,
    maxBytesPerPartition: timing.partitionBytes,
    maxBytes: timing.fetchBytes,
    heartbeatInterval: timing.heartbeatMs,
    sessionTimeout: timing.sessionTimeoutMs,
    rebalanceTimeout: timing.rebalanceTimeoutMs,
    metadataMaxAge: timing.metadataMaxAgeMs,
  };
}
