/** How numbers and times of the bridge's own records are written and read. */

export function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}

export function numberOrNull(value: number | bigint | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** Kafka says -1 for "no timestamp", and a hostile producer anything: a date never throws. */
export function isoTime(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}
