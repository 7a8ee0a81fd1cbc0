import type { JSX } from "preact";
import type { BudgetRow } from "../api/types.ts";

/** The budget proof drawn: what the handlers of an event take at worst, against what the bridge may take. */
export function BudgetBar({ row, own }: { readonly row: BudgetRow; readonly own?: string }): JSX.Element {
  const longest = row.validators.reduce<{ id: string; timeoutMs: number } | null>(
    (most, one) => (most === null || one.timeoutMs > most.timeoutMs ? one : most),
    null,
  );
  const parts = [
    { id: "fixed", name: "the bridge itself", ms: row.fixedMs, kind: "fixed" },
    ...row.mutators.map(({ id, timeoutMs }) => ({ id, name: id, ms: timeoutMs, kind: "mutator" })),
    ...(longest === null
      ? []
      : [
          {
            id: longest.id,
            name: `${longest.id} (the longest of ${row.validators.length})`,
            ms: longest.timeoutMs,
            kind: "validator",
          },
        ]),
  ];
  const scale = Math.max(row.sumMs, row.shareMs) * 1.04;
  const starts = parts.map((_part, at) => parts.slice(0, at).reduce((sum, { ms }) => sum + ms, 0));
  return (
    <figure class="budget">
      <figcaption>
        <code>{row.event}</code>
        <span class={row.fits ? "figure" : "figure bad-text"}>
          {row.fits ? "" : "too much: "}
          {row.sumMs} of {row.shareMs} ms
        </span>
      </figcaption>
      <svg viewBox="0 0 1000 34" preserveAspectRatio="none" aria-hidden="true" class="budget-bar">
        <rect class="track" x="0" y="6" width={(1000 * row.shareMs) / scale} height="22" />
        {parts.map(({ id, name, ms, kind }, at) => (
          <rect
            key={`${kind}-${id}`}
            class={`part-${kind}${id === own ? " own" : ""}${row.fits ? "" : " over"}`}
            x={(1000 * (starts[at] ?? 0)) / scale}
            y="6"
            width={Math.max(2, (1000 * ms) / scale - 2)}
            height="22"
          >
            <title>{`${name}: ${ms} ms`}</title>
          </rect>
        ))}
        <rect class="limit" x={(1000 * row.shareMs) / scale - 1.5} y="0" width="3" height="34" />
      </svg>
      <p class="budget-parts">
        {parts.map(({ id, name, ms, kind }) => (
          <span key={`${kind}-${id}`} class={id === own ? "strong" : ""}>
            {kind === "fixed" ? "" : "+ "}
            {name} {ms}
          </span>
        ))}
      </p>
    </figure>
  );
}
