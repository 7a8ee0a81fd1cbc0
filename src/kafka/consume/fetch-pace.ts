import type { Clock } from "../../model/clock.ts";
import { quietWaitMs } from "../../model/quiet-wait.ts";
import type { FetchWait } from "../patches/group-hooks.ts";
import type { ConsumerTiming } from "./consumer-timing.ts";

/** With a paused partition: of the usual wait, what it is at least. */
const pausedShare = 1 / 5;

/**
 * How long a member's next fetch may wait for records. kafkajs heartbeats, stops and takes up a partition that goes on only
 * between two fetches, so it grows with the time for which nothing has come. Records end a wait in any case; and who has
 * nothing to fetch, because all is paused, waits for a partition to go on.
 */
export class FetchPace implements FetchWait {
  readonly #clock: Clock;
  readonly #timing: Pick<ConsumerTiming, "maxWaitMs" | "idleMaxWaitMs">;
  readonly #waiting = new Set<() => void>();
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

  /** A partition goes on, or the member is to stop. */
  wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** With a paused partition between a fifth of the usual wait and all of it: it may go on at any moment. */
  nextMs(hasPaused: boolean): number {
    const { idleMaxWaitMs, maxWaitMs } = this.#timing;
    const quietMs = this.#clock.monotonicMs() - this.#sinceMs;
    return hasPaused
      ? quietWaitMs(quietMs, maxWaitMs * pausedShare, maxWaitMs)
      : quietWaitMs(quietMs, maxWaitMs, idleMaxWaitMs);
  }

  whilePaused(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        timer.cancel();
        resolve();
      };
      const timer = this.#clock.after(this.#timing.maxWaitMs, wake);
      this.#waiting.add(wake);
    });
  }
}
