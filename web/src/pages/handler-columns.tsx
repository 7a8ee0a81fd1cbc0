import type { JSX } from "preact";
import type { HandlerRow, Status } from "../api/types.ts";
import { OutcomeBar, ValueBar } from "../charts/outcome-bar.tsx";
import { niceTop } from "../charts/scale.ts";
import { count, duration } from "../text/numbers.ts";
import { Icon } from "../ui/icon.tsx";
import type { Column } from "../ui/table.tsx";
import { Breaker, lagText, StageBadge } from "./handler-words.tsx";
import { StatusSwitch } from "./status-switch.tsx";

/** The columns of the list of handlers; bars share one scale over its rows. */
export function columns(
  rows: readonly HandlerRow[],
  change: (id: string, status: Status, revision: number | null) => void,
): readonly Column<HandlerRow>[] {
  const slowest = (stage: string): number =>
    niceTop(Math.max(...rows.filter((row) => row.stage === stage).map(({ recent }) => recent?.p95Ms ?? 0), 0));
  const tops = { before: slowest("before"), after: slowest("after") };
  const mostLag = Math.max(...rows.map(({ lag }) => lag?.records ?? 0), 1);
  return [
    { name: "Priority", number: true, wide: true, cell: (row) => row.priority },
    { name: "Handler", head: true, cell: (row) => <Named row={row} /> },
    { name: "Stage", cell: (row) => <StageBadge row={row} /> },
    { name: "Events", full: true, cell: (row) => <EventIds ids={row.events} /> },
    { name: "Status", cell: (row) => <StatusSwitch row={row} onChange={change} /> },
    { name: "Breaker", cell: (row) => <Breaker state={row.breaker} /> },
    {
      name: "Success",
      cell: ({ recent }) =>
        recent === null ? <span class="quiet">unknown</span> : <OutcomeBar ok={recent.ok} failed={recent.failed} />,
    },
    {
      name: "p95",
      cell: ({ recent, stage }) =>
        recent?.p95Ms == null ? (
          <span class="quiet">–</span>
        ) : (
          <ValueBar value={recent.p95Ms} top={tops[stage]} text={duration(recent.p95Ms)} />
        ),
    },
    {
      name: "Lag",
      cell: ({ lag, stage }) =>
        lag === null ? (
          <span class="quiet">{stage === "before" ? "–" : "unknown"}</span>
        ) : (
          <span title={lagText(lag)}>
            <ValueBar
              value={lag.records}
              top={mostLag}
              text={lag.records === 0 ? "none" : count(lag.records)}
              tone={lag.records > 0 ? "warn" : "info"}
            />
            {lag.oldestMs !== null && lag.records > 0 && <small class="quiet"> {duration(lag.oldestMs)}</small>}
          </span>
        ),
    },
  ];
}

function Named({ row }: { readonly row: HandlerRow }): JSX.Element {
  return (
    <span class="named">
      <a href={`/handlers/${encodeURIComponent(row.id)}`}>{row.name}</a>
      <code class="quiet">{row.id}</code>
      <span class="task quiet" title={row.task.target}>
        {row.task.kind === "http" ? "" : "script "}
        <code>{row.task.target}</code>
      </span>
      {row.problems.map((problem) => (
        <span key={problem} class="row-problem">
          <Icon name="warn" /> {problem}
        </span>
      ))}
    </span>
  );
}

export function EventIds({ ids, most = 2 }: { readonly ids: readonly string[]; readonly most?: number }): JSX.Element {
  const more = ids.length - most;
  return (
    <span class={most > 5 ? "links" : "event-ids"} title={ids.join("\n")}>
      {ids.slice(0, most).map((id) => (
        <a key={id} href={`/events/${encodeURIComponent(id)}`}>
          <code>{id}</code>
        </a>
      ))}
      {more > 0 && <span class="quiet">and {more} more</span>}
    </span>
  );
}
