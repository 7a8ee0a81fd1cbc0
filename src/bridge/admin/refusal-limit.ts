import type { Clock } from "../../model/clock.ts";

const windowMs = 60_000;
const mostAWindow = 600;

/**
 * How many refusals of people whom nobody knows are told one by one; of the others only their number. Whoever reaches the
 * address can be refused as often as the network carries it, and each of them would stand in the audit log for 90 days.
 */
export class RefusalLimit {
  readonly #clock: Clock;
  readonly #tellOthers: (count: number) => void;
  #untilMs = -Infinity;
  #count = 0;

  constructor(clock: Clock, tellOthers: (count: number) => void) {
    this.#clock = clock;
    this.#tellOthers = tellOthers;
  }

  /** Whether the refusal that just happened is told. */
  takes(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs >= this.#untilMs) {
      this.close();
      this.#untilMs = nowMs + windowMs;
    }
    return ++this.#count <= mostAWindow;
  }

  /** Tells of those that were not told yet. */
  close(): void {
    if (this.#count > mostAWindow) this.#tellOthers(this.#count - mostAWindow);
    this.#count = 0;
  }
}
