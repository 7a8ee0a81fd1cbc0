import type { JSX } from "preact";
import { count, percent } from "../text/numbers.ts";

/** How many went well: a bar of its share, and the figure. */
export function OutcomeBar({ ok, failed }: { readonly ok: number; readonly failed: number }): JSX.Element {
  const all = ok + failed;
  if (all === 0) return <span class="quiet">no calls</span>;
  return (
    <span class="meter" title={`${count(ok)} went well, ${count(failed)} failed, in the last hour`}>
      <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="fill-ok" x="0" y="0" width={(100 * ok) / all} height="8" />
        {/* What failed stays visible, however little it is. */}
        <rect
          class="fill-bad"
          x={Math.min(100 - (failed > 0 ? 4 : 0), (100 * ok) / all)}
          y="0"
          width={failed > 0 ? Math.max(4, (100 * failed) / all) : 0}
          height="8"
        />
      </svg>
      <span>{percent(ok, all)}</span>
    </span>
  );
}

/** A value against the largest of its list. */
export function ValueBar({
  value,
  top,
  text,
  tone = "info",
}: {
  readonly value: number;
  readonly top: number;
  readonly text: string;
  readonly tone?: "info" | "warn" | "bad";
}): JSX.Element {
  return (
    <span class="meter">
      <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect
          class={`fill-${tone}`}
          x="0"
          y="0"
          width={top <= 0 ? 0 : Math.max(value > 0 ? 2 : 0, (100 * value) / top)}
          height="8"
        />
      </svg>
      <span>{text}</span>
    </span>
  );
}
