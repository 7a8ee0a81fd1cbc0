import type { Clock } from "../../model/clock.ts";
import type { ConsumerTiming } from "./consumer-timing.ts";

/** Below this a member that waits for a paused partition would do nothing else. Milliseconds. */
const leastMs = 50;
/** Of the time for which nothing has come, what it may cost to notice that something has changed. */
const share = 1 / 5;

/**
 * How long a member's next fetch may wait for records. kafkajs heartbeats, stops and takes up a partition that goes on only
 * between two fetches: a short wait is quick, a long one is cheap. So it grows with the time for which nothing has come. Records
 * end a wait in any case.
 */
export class FetchPace {
  readonly #clock: Clock;
  readonly #timing: Pick<ConsumerTiming, "maxWaitMs" | "idleMaxWaitMs">;
  #sinceMs: number;

  constructor(clock: Clock, timing: Pick<ConsumerTiming, "maxWaitMs" | "idleMaxWaitMs">) {
    this.#clock = clock;
    this.#timing = timing;
    this.#sinceMs = clock.monotonicMs();
  }

  /** Records came, or a join was over. */
  stirred(): void {
    this.#sinceMs = this.#clock.monotonicMs();
  }

  /** `hasPaused`: a partition may go on at any moment, and must not wait for the end of a long fetch of others. Milliseconds. */
  nextMs(hasPaused: boolean): number {
    const { idleMaxWaitMs, maxWaitMs } = this.#timing;
    const quietMs = (this.#clock.monotonicMs() - this.#sinceMs) * share;
    const usualMs = hasPaused ? leastMs : maxWaitMs;
    return Math.round(Math.min(Math.max(quietMs, usualMs), hasPaused ? maxWaitMs : idleMaxWaitMs));
  }
}
