import type { JSX } from "preact";
import { useResource } from "../api/resource.ts";
import { mayWriteHandlers } from "../api/session.ts";
import type { HandlerList, HandlerRow, Status } from "../api/types.ts";
import { OutcomeBar, ValueBar } from "../charts/outcome-bar.tsx";
import { niceTop } from "../charts/scale.ts";
import { place, setQuery } from "../route.ts";
import { count, counted, duration } from "../text/numbers.ts";
import { SearchField, SelectField } from "../ui/fields.tsx";
import { FilterBox } from "../ui/filter-box.tsx";
import { Icon } from "../ui/icon.tsx";
import { Empty, ErrorBox, Loading, PageHead } from "../ui/parts.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { Breaker, lagText, StageBadge } from "./handler-words.tsx";
import { StatusSwitch } from "./status-switch.tsx";

export function Handlers(): JSX.Element {
  const list = useResource<HandlerList>("/api/handlers?status=all", { on: ["handlers", "instance"], everyMs: 5000 });
  const query = place.value.query;
  const filter = {
    text: query.get("q") ?? "",
    event: query.get("event") ?? "",
    stage: query.get("stage") ?? "",
    type: query.get("type") ?? "",
    status: query.get("status") ?? "",
  };
  const all = list.data?.items ?? [];
  const shown = all.filter((row) => matches(row, filter)).sort(byPriority);
  const archived = all.filter(({ status }) => status === "archived").length;
  const change = (id: string, status: Status, revision: number | null): void => {
    list.change((data) => ({
      ...data,
      items: data.items.map((row) => (row.id === id ? { ...row, status, revision: revision ?? row.revision } : row)),
    }));
  };
  return (
    <>
      <PageHead
        title="Handlers"
        lead={
          list.data === null
            ? "What is called, on which event, and how it fares."
            : `${counted(all.length - archived, "handler")}${archived > 0 ? `, ${archived} archived` : ""}. Calls and latency are of the last hour.`
        }
      >
        {mayWriteHandlers() && (
          <a class="button primary" href="/handlers/_new">
            <Icon name="plus" /> New handler
          </a>
        )}
      </PageHead>
      <Filters filter={filter} events={[...new Set(all.flatMap(({ events }) => events))].sort()} />
      {list.error !== null && <ErrorBox error={list.error} retry={list.reload} />}
      {list.data === null && list.error === null && <Loading what="the handlers" />}
      {list.data !== null && all.length === 0 && <NoHandlers />}
      {all.length > 0 && shown.length === 0 && (
        <Empty title="No handler matches these filters">
          <p>
            <a href="/handlers">Show all</a>
            {archived > 0 && " that are not archived"}
          </p>
        </Empty>
      )}
      {shown.length > 0 && (
        <Table
          label="Handlers"
          dense
          columns={columns(shown, change)}
          rows={shown}
          id={(row) => row.id}
          tone={(row) => row.status}
        />
      )}
    </>
  );
}

interface Filter {
  readonly text: string;
  readonly event: string;
  readonly stage: string;
  readonly type: string;
  readonly status: string;
}

function matches(row: HandlerRow, { text, event, stage, type, status }: Filter): boolean {
  const words = `${row.id} ${row.name} ${row.task.target} ${row.events.join(" ")} ${row.group ?? ""}`.toLowerCase();
  return (
    text
      .toLowerCase()
      .split(/\s+/)
      .every((word) => words.includes(word)) &&
    (event === "" || row.events.includes(event)) &&
    (stage === "" || row.stage === stage) &&
    (type === "" || row.task.kind === type) &&
    (status === "all" || (status === "" ? row.status !== "archived" : row.status === status))
  );
}

function byPriority(left: HandlerRow, right: HandlerRow): number {
  const stages = left.stage === right.stage ? 0 : left.stage === "before" ? -1 : 1;
  return stages || left.priority - right.priority || (left.id < right.id ? -1 : 1);
}

function Filters({ filter, events }: { readonly filter: Filter; readonly events: readonly string[] }): JSX.Element {
  return (
    <FilterBox chosen={Object.values(filter).filter((value) => value !== "").length}>
      <SearchField
        label="Search"
        value={filter.text}
        placeholder="ID, name, address …"
        onValue={(q) => setQuery({ q })}
      />
      <SelectField
        label="Event"
        value={filter.event}
        options={[["", "any"], ...events.map((id) => [id, id] as const)]}
        onValue={(event) => setQuery({ event })}
      />
      <SelectField
        label="Stage"
        value={filter.stage}
        options={[
          ["", "both"],
          ["before", "before"],
          ["after", "after"],
        ]}
        onValue={(stage) => setQuery({ stage })}
      />
      <SelectField
        label="Type"
        value={filter.type}
        options={[
          ["", "any"],
          ["http", "HTTP"],
          ["script", "script"],
        ]}
        onValue={(type) => setQuery({ type })}
      />
      <SelectField
        label="Status"
        value={filter.status}
        options={[
          ["", "not archived"],
          ["enabled", "enabled"],
          ["disabled", "disabled"],
          ["archived", "archived"],
          ["all", "all"],
        ]}
        onValue={(status) => setQuery({ status })}
      />
    </FilterBox>
  );
}

function columns(
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

function NoHandlers(): JSX.Element {
  return (
    <Empty title="There are no handlers yet">
      <p>
        A handler is an HTTP endpoint or a script that is called on an event: <strong>before</strong> it happens to
        allow, change or forbid it, or <strong>after</strong> it to be told.
      </p>
      {mayWriteHandlers() ? (
        <p>
          <a class="button primary" href="/handlers/_new">
            Create the first one
          </a>{" "}
          or apply a file: <code>provisioning-bridge handlers apply -f handlers.yaml</code>
        </p>
      ) : (
        <p>An operator can create one, here or with the command line.</p>
      )}
    </Empty>
  );
}
