import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock, Timer } from "../model/clock.ts";

export interface LoopLagOptions {
  /** The longest delay since it was last asked, milliseconds [measured in this thread]. */
  readonly measure?: () => number;
  /** More than this [200 ms] ... */
  readonly markMs?: number;
  /** ... for this long [1 s] is too much; less for as long is well again. */
  readonly forMs?: number;
  /** How often the thread is woken to measure it, milliseconds [50]. */
  readonly resolutionMs?: number;
}

const sampleEveryMs = 250;
/** The measuring itself wakes the thread so often; a delay is known to within as much. */
const usualResolutionMs = 50;

/**
 * How late this thread's event loop is. Past a mark for a while the instance has more to do than it can: others should take
 * its requests, and what cannot be answered in time any more is better refused at once.
 */
export class LoopLag {
  readonly #clock: Clock;
  readonly #measure: () => number;
  readonly #markMs: number;
  readonly #forMs: number;
  #timer: Timer | null = null;
  #sampledAtMs = 0;
  /** When what the last samples agree on began: too late, or in time. */
  #sinceMs = 0;
  #wasLate = false;
  #worstMs = 0;
  #isTooMuch = false;

  constructor(clock: Clock, options: LoopLagOptions = {}) {
    this.#clock = clock;
    this.#measure = options.measure ?? measureThread(options.resolutionMs ?? usualResolutionMs);
    this.#markMs = options.markMs ?? 200;
    this.#forMs = options.forMs ?? 1000;
  }

  start(): void {
    this.#sampledAtMs = this.#sinceMs = this.#clock.monotonicMs();
    this.#timer = this.#clock.after(sampleEveryMs, () => this.#sample());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** The longest delay of the last quarter of a second, or of as long as the loop stood still. Milliseconds. */
  get worstMs(): number {
    return this.#worstMs;
  }

  get isTooMuch(): boolean {
    return this.#isTooMuch;
  }

  #sample(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#worstMs = this.#measure();
    const isLate = this.#worstMs > this.#markMs;
    // A sample speaks for the whole time since the one before: a loop that stood still for seconds made only one.
    if (isLate !== this.#wasLate) this.#sinceMs = this.#sampledAtMs;
    if (nowMs - this.#sinceMs >= this.#forMs) this.#isTooMuch = isLate;
    this.#wasLate = isLate;
    this.#sampledAtMs = nowMs;
    this.#timer = this.#clock.after(sampleEveryMs, () => this.#sample());
  }
}

function measureThread(resolutionMs: number): () => number {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return () => {
    // Nanoseconds between two ticks of a timer: what is above its period is delay.
    const worstMs = histogram.count === 0 ? 0 : Math.max(0, histogram.max / 1e6 - resolutionMs);
    histogram.reset();
    return worstMs;
  };
}
