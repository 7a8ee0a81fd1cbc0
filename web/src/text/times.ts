/** Times in the viewer's zone; UTC is said where one looks closer. */

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

export const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** `14:03:22` today, else `27 Nov, 14:03:22`. */
export function localTime(at: Date, now: Date = new Date()): string {
  if (at.toDateString() === now.toDateString()) return clock.format(at);
  const days = at.getFullYear() === now.getFullYear() ? day : dayAndYear;
  return `${days.format(at)}, ${clock.format(at)}`;
}

/** `2026-11-28 13:03:22.123 UTC`. */
export function utcTime(at: Date): string {
  return `${at.toISOString().replace("T", " ").replace("Z", "")} UTC`;
}

/** For a `datetime-local` field. */
export function toField(iso: string | null): string {
  if (iso === null || Number.isNaN(Date.parse(iso))) return "";
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function fromField(local: string): string | null {
  const at = new Date(local);
  return local === "" || Number.isNaN(at.getTime()) ? null : at.toISOString();
}
