/**
 * `Retry-After` in milliseconds from now (RFC 9110, 10.2.3: seconds, or an HTTP date); undefined when it is absent or
 * makes no sense. A date in the past is 0.
 */
export function readRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  // Only a date of the three forms of the RFC: Date.parse takes almost anything ("1.5", "-3").
  if (!/^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d/.test(text)) return undefined;
  // asctime dates carry no zone and are UTC.
  const at = Date.parse(/GMT$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
