/** Durations in steps of a fifth, each told by its middle: what is said of a percentile is at most a tenth off. */

const growth = Math.log(1.2);

/** From 0; the bucket of everything up to a millisecond. */
export function bucketOf(ms: number): number {
  return ms <= 1 ? 0 : Math.min(255, Math.ceil(Math.log(ms) / growth));
}

/** The middle of a bucket, milliseconds. */
function middleOf(bucket: number): number {
  return bucket === 0 ? 1 : Math.round(Math.exp((bucket - 0.5) * growth));
}

/** Counts by bucket. */
export class Histogram {
  readonly #counts = new Map<number, number>();
  #total = 0;

  add(bucket: number, count: number): void {
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
    this.#total += count;
  }

  /** Null: nothing was added. */
  percentile(share: number): number | null {
    let left = Math.ceil(this.#total * share);
    for (const [bucket, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return middleOf(bucket);
    }
    return null;
  }
}
