/** Milliseconds. Heartbeats go out between fetches only, so `maxWaitMs` must stay well below `sessionTimeoutMs`. */
export interface ConsumerTiming {
  readonly maxWaitMs: number;
  readonly heartbeatMs: number;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** Whether to look up what was committed of partitions that are gained (metadata, losses): costs the join some ms. */
  readonly readsCommitted: boolean;
}

/**
 * Quick to notice a member that left or died: a verdict's deadline is short. With kafkajs's own 3 s heartbeat a member
 * that leaves stalls the others for 2 s, with 300 ms for some 35 ms; 6 s is the least session a broker grants.
 */
export const beforeTiming: ConsumerTiming = {
  maxWaitMs: 250,
  heartbeatMs: 300,
  sessionTimeoutMs: 6000,
  rebalanceTimeoutMs: 6000,
  readsCommitted: false,
};

/**
 * Cheaper when idle, and still within a second of noticing that it should stop, that the group has changed or that a
 * partition goes on: kafkajs does each only between fetches.
 */
export const afterTiming: ConsumerTiming = {
  maxWaitMs: 1000,
  heartbeatMs: 1000,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  readsCommitted: true,
};
