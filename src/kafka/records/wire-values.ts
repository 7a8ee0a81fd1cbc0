/** How numbers and times of the bridge's own records are written and read. */

export function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}

export function numberOrNull(value: number | bigint | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** Kafka says -1 for "no timestamp", and a hostile producer anything: a date never throws. */
export function isoTime(epochMs: number): string {
  const wholeMs = Math.trunc(epochMs);
  const second = Math.floor(wholeMs / 1000);
  // Thousands of times a second the time differs in its milliseconds alone.
  if (second !== lastSecond) {
    const date = new Date(wholeMs);
    if (Number.isNaN(date.getTime())) return new Date(0).toISOString();
    lastSecond = second;
    lastText = date.toISOString().slice(0, -4);
  }
  return `${lastText}${String(wholeMs - second * 1000).padStart(3, "0")}Z`;
}

let lastSecond = Number.NaN;
let lastText = "";
