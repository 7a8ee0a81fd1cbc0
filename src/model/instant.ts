/** A date and a time with its zone, as RFC 3339 has it. */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970; null: it is no time, or one without a zone, which would be another one on each machine. */
export function instantMs(text: string): number | null {
  const ms = instant.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}
