interface Stall {
  readonly fromMs: number;
  readonly untilMs: number;
}

const tickMs = 5;
/** A timer that comes this much later than it should is no stall yet. */
const usualMs = 5;

/**
 * Notes when the event loop of this thread stood still: what a timer here is late by says nothing about the product.
 * Monotonic milliseconds.
 */
export class StallMeter {
  readonly #stalls: Stall[] = [];
  #lastMs = performance.now();
  readonly #timer = setInterval(() => this.#tick(), tickMs);

  /** How much of a span of time the loop stood still. */
  within(fromMs: number, untilMs: number): number {
    const stalls = [...this.#stalls, ...this.#present()];
    const overlaps = stalls.map((stall) => Math.min(stall.untilMs, untilMs) - Math.max(stall.fromMs, fromMs));
    return overlaps.reduce((sum, ms) => sum + Math.max(0, ms), 0);
  }

  /** The longest stall since a moment. */
  worstSince(fromMs: number): number {
    const since = this.#stalls.filter(({ untilMs }) => untilMs >= fromMs);
    return since.reduce((worst, stall) => Math.max(worst, stall.untilMs - stall.fromMs - tickMs), 0);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    this.#stalls.push(...this.#present());
    this.#lastMs = performance.now();
  }

  /** The stall that is not over yet, if there is one: timers that ran late together see it before the tick does. */
  #present(): readonly Stall[] {
    const untilMs = performance.now();
    return untilMs - this.#lastMs > tickMs + usualMs ? [{ fromMs: this.#lastMs, untilMs }] : [];
  }
}
