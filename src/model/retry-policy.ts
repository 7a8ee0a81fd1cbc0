/** When a failed delivery is tried again (docs/handlers.md, "After"). */
export interface RetryPolicy {
  /** Waits before attempt 1, 2, 3 ...; the last one repeats. Milliseconds. */
  readonly scheduleMs: readonly number[];
  /** A delivery older than this, counted from its first attempt, is dead-lettered. Milliseconds. */
  readonly maxAgeMs: number;
  /** Each wait is spread by up to this share, either way. */
  readonly jitter: number;
  /** Longest `Retry-After` that is honoured. Milliseconds. */
  readonly maxRetryAfterMs: number;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

export const defaultRetryPolicy: RetryPolicy = {
  scheduleMs: [0, second, 5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute, hour, 2 * hour],
  maxAgeMs: 24 * hour,
  jitter: 0.2,
  maxRetryAfterMs: hour,
};

/** Milliseconds to wait before attempt number `attempt` (from 1). `random` is in [0, 1). */
export function waitBefore(policy: RetryPolicy, attempt: number, random: number, retryAfterMs?: number): number {
  const planned = policy.scheduleMs[Math.min(attempt, policy.scheduleMs.length) - 1] ?? 0;
  const spread = planned * (1 + policy.jitter * (2 * random - 1));
  return Math.max(spread, Math.min(retryAfterMs ?? 0, policy.maxRetryAfterMs));
}
