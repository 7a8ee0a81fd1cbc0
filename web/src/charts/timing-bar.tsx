import type { JSX } from "preact";
import type { DecisionDetail } from "../api/types.ts";
import { duration } from "../text/numbers.ts";

/** Where the time of a decision went: on the way, reading, handlers, replying. */
export function TimingBar({ detail }: { readonly detail: DecisionDetail }): JSX.Element {
  const { askedAt, receivedAt, readMs, decidedMs, repliedMs } = detail.timing;
  const onTheWay = Math.max(0, Date.parse(receivedAt) - Date.parse(askedAt));
  const read = readMs ?? 0;
  const parts = [
    { name: "to the bridge", ms: onTheWay, kind: "fixed" },
    { name: "read", ms: read, kind: "fixed" },
    { name: "handlers", ms: Math.max(0, decidedMs - read), kind: "mutator" },
    ...(repliedMs === null ? [] : [{ name: "reply", ms: Math.max(0, repliedMs - decidedMs), kind: "validator" }]),
  ];
  const all = Math.max(
    1,
    parts.reduce((sum, { ms }) => sum + ms, 0),
  );
  const starts = parts.map((_part, at) => parts.slice(0, at).reduce((sum, { ms }) => sum + ms, 0));
  return (
    <div class="budget">
      <svg viewBox="0 0 1000 22" preserveAspectRatio="none" aria-hidden="true" class="budget-bar thin">
        {parts.map(({ name, ms, kind }, at) => (
          <rect
            key={name}
            class={`part-${kind}`}
            x={(1000 * (starts[at] ?? 0)) / all}
            y="0"
            width={Math.max(ms > 0 ? 3 : 0, (1000 * ms) / all - 2)}
            height="22"
          />
        ))}
      </svg>
      <p class="budget-parts">
        {parts.map(({ name, ms }) => (
          <span key={name}>
            {name} {duration(ms)}
          </span>
        ))}
      </p>
    </div>
  );
}
