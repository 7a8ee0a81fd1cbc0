import type { Figures } from "../api/types.ts";

export type Step = Figures["steps"][number];

/** Every step of the time that is shown: the API leaves out those in which nothing was called. */
export function everyStep({ steps, stepMs }: Figures, minutes: number, nowMs: number): readonly Step[] {
  const known = new Map(steps.map((step) => [Math.floor(Date.parse(step.at) / stepMs), step]));
  const last = Math.floor(nowMs / stepMs);
  const first = last - Math.max(1, Math.round((minutes * 60_000) / stepMs)) + 1;
  return Array.from(
    { length: last - first + 1 },
    (_one, index) =>
      known.get(first + index) ?? {
        at: new Date((first + index) * stepMs).toISOString(),
        ok: 0,
        failed: 0,
        p50Ms: null,
        p95Ms: null,
      },
  );
}
