import type { Clock } from "../model/clock.ts";

const firstMs = 100;
const longestMs = 10_000;

/**
 * How soon a program may be started again that ended without having done anything: after 100 ms, twice as long each time
 * up to 10 s, at once when one has worked. Programs that were started before the last such end count once, together.
 */
export class StartPace {
  readonly #clock: Clock;
  #inARow = 0;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the next may be started; 0: now. */
  waitMs(): number {
    return Math.max(0, Math.ceil(this.#untilMs - this.#clock.monotonicMs()));
  }

  /** A program that was started at `startedMs` (monotonic) ended without having done anything. */
  failed(startedMs: number): void {
    if (startedMs <= this.#sinceMs) return;
    this.#sinceMs = this.#clock.monotonicMs();
    this.#untilMs = this.#sinceMs + Math.min(longestMs, firstMs * 2 ** Math.min(this.#inARow++, 10));
  }

  worked(): void {
    this.#inARow = 0;
    this.#untilMs = Number.NEGATIVE_INFINITY;
  }
}
