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
  readonly commitEveryMs: number;
  readonly commitTimeoutMs: number;
  readonly deadLetterTimeoutMs: number;
}

export const defaultLimits: Limits = {
  concurrency: 128,
  partitionHigh: 2000,
  partitionLow: 1000,
  bytesHigh: 16 * 1024 * 1024,
  bytesLow: 8 * 1024 * 1024,
  span: 50_000,
  commitEveryMs: 200,
  commitTimeoutMs: 10_000,
  deadLetterTimeoutMs: 10_000,
};
