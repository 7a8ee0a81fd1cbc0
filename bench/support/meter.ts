import { cpuSeconds } from "./process-usage.ts";

/** Of what was timed, in milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Times of completions: the first `warmup` are not counted, the next `total` are. */
export class Meter {
  readonly #warmup: number;
  readonly #total: number;
  readonly #latencies: Float64Array;
  readonly #begun: () => void;
  readonly #ended: () => void;
  #done = 0;
  #startMs = 0;
  #endMs = 0;

  constructor(warmup: number, total: number, begun: () => void, ended: () => void) {
    this.#warmup = warmup;
    this.#total = total;
    this.#latencies = new Float64Array(total);
    this.#begun = begun;
    this.#ended = ended;
  }

  /** One more is complete, after so many milliseconds. */
  add(ms = 0): void {
    const timed = ++this.#done - this.#warmup;
    if (timed > 0 && timed <= this.#total) this.#latencies[timed - 1] = ms;
    if (timed === 0) {
      this.#startMs = performance.now();
      this.#begun();
    } else if (timed === this.#total) {
      this.#endMs = performance.now();
      this.#ended();
    }
  }

  get perSecond(): number {
    return (this.#total * 1000) / (this.#endMs - this.#startMs);
  }

  quantiles(): Quantiles {
    const sorted = this.#latencies.toSorted();
    const at = (share: number): number => sorted[Math.min(this.#total - 1, Math.floor(this.#total * share))] ?? 0;
    return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
  }
}

/** A meter of what the processes use meanwhile: `over` resolves with their CPU seconds once all are complete. */
export function measuring(
  pids: readonly number[],
  warmup: number,
  total: number,
): { readonly meter: Meter; readonly over: Promise<number> } {
  const used = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const { promise, resolve } = Promise.withResolvers<number>();
  let before = 0;
  const begun = (): void => {
    before = used();
  };
  return { meter: new Meter(warmup, total, begun, () => resolve(used() - before)), over: promise };
}
