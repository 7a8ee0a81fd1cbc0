/** Durations in steps of a tenth: what is said of a percentile is never more than that off. */

const growth = Math.log(1.1);

/** From 0; the bucket of everything up to a millisecond. */
export function bucketOf(ms: number): number {
  return ms <= 1 ? 0 : Math.min(255, Math.ceil(Math.log(ms) / growth));
}

/** The upper end of a bucket, milliseconds. */
function endOf(bucket: number): number {
  return Math.round(Math.exp(bucket * growth));
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
      if (left <= 0) return endOf(bucket);
    }
    return null;
  }
}
