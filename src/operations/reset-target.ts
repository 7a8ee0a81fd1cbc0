import { BridgeError } from "../errors.ts";

/** Where a group is to go on reading. */
export type ResetTarget =
  | { readonly kind: "start" }
  | { readonly kind: "end" }
  /** With the first record that is not older; milliseconds since 1970 UTC. */
  | { readonly kind: "time"; readonly atMs: number };

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const isoTime = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** `start`, `end` or a time (see `parseTime`). Throws USAGE. */
export function parseTarget(option: string, text: string, nowMs: number): ResetTarget {
  if (text === "start" || text === "end") return { kind: text };
  return { kind: "time", atMs: parseTime(option, text, nowMs) };
}

/**
 * A time in milliseconds since 1970 UTC: ISO 8601 with its zone (`2026-11-17T08:00:00Z`), a day (its start in UTC), or how
 * long ago (`90s`, `30m`, `12h`, `7d`). Throws USAGE: a time without a zone would mean another one on each machine.
 */
export function parseTime(option: string, text: string, nowMs: number): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return nowMs - Number(count) * (unitMs[unit] ?? 0);
  const atMs = isoTime.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atMs)) return atMs;
  throw new BridgeError(
    "USAGE",
    `${option}: "${text}" is no time: write 2026-11-17T08:00:00Z, 2026-11-17 (UTC), or how long ago, such as 30m, 12h, 7d`,
  );
}
