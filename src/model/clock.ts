/** Time as a port: the engines never read a clock of their own, so that tests can hold it. */
export interface Clock {
  /** Milliseconds that never go back; for measuring and deadlines. */
  monotonicMs(): number;
  /** Milliseconds since 1970 UTC; for comparing with what others wrote. */
  epochMs(): number;
  /** Calls `then` once after `ms` milliseconds, unless cancelled. */
  after(ms: number, then: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** The clock of this process. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  epochMs: () => Date.now(),
  after(ms, then) {
    // setTimeout fires at once for waits past 2^31-1 ms; 24 days are as good as for ever here.
    const timer = setTimeout(then, Math.min(Math.max(ms, 0), 2_147_483_647));
    return { cancel: () => clearTimeout(timer) };
  },
};
