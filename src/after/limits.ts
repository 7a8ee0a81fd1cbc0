/** Bounds of one group's delivery engine. */
export interface Limits {
  /** Facts under way at once, over all keys; one per key. */
  readonly concurrency: number;
  /** A partition with this many unsettled facts is paused, and resumed at the lower mark. */
  readonly partitionHigh: number;
  readonly partitionLow: number;
  /** The group holds this many bytes: whatever arrives pauses its partition; all resume at the lower mark. */
  readonly bytesHigh: number;
  readonly bytesLow: number;
  /** Offsets between what can be committed and the newest; past it the partition waits for its oldest fact. */
  readonly span: number;
  /** A stuck key with this many facts in its lane is parked. */
  readonly parkRecords: number;
  /** The key of the oldest fact is parked, if it is stuck, when the span is this long; less than `span`. */
  readonly parkSpan: number;
  /** Failed attempts after which a key is parked when its partition is paused. */
  readonly parkTries: number;
  /** Copies of one partition's keys that may wait in the parked topic: their offsets are kept in memory. */
  readonly parkedMost: number;
  /** Dead letters of one handler in a row after which the group brakes; the waits between its tries after that. */
  readonly brakeAfter: number;
  readonly brakeWaitMs: number;
  readonly brakeLongestMs: number;
  /** A fact that could be tried and is not for this long is reported. */
  readonly stalledMs: number;
  /** How often a group with a disabled handler commits what it has committed already: offsets expire. */
  readonly recommitMs: number;
  /** How long no turn begins, at most, when a join is due: if it does not come, what is held goes on. */
  readonly joinRestMs: number;
  readonly commitEveryMs: number;
  readonly commitTimeoutMs: number;
  /** Of a dead letter, and of each step at the parked topic. */
  readonly writeTimeoutMs: number;
}

export const defaultLimits: Limits = {
  concurrency: 128,
  partitionHigh: 2000,
  partitionLow: 1000,
  bytesHigh: 16 * 1024 * 1024,
  bytesLow: 8 * 1024 * 1024,
  span: 60_000,
  parkRecords: 1000,
  parkSpan: 50_000,
  parkTries: 3,
  parkedMost: 1_000_000,
  brakeAfter: 100,
  brakeWaitMs: 30_000,
  brakeLongestMs: 300_000,
  stalledMs: 60_000,
  recommitMs: 24 * 3_600_000,
  joinRestMs: 6000,
  commitEveryMs: 200,
  commitTimeoutMs: 10_000,
  writeTimeoutMs: 10_000,
};
