import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useLiveRows } from "../api/live-rows.ts";
import { usePages } from "../api/pages.ts";
import { useResource } from "../api/resource.ts";
import { fits } from "../api/row-filter.ts";
import type { EventList, ExecutionRow, HandlerList } from "../api/types.ts";
import { place, setQuery } from "../route.ts";
import { duration } from "../text/numbers.ts";
import { ClientCell } from "../ui/client-cell.tsx";
import { Empty, ErrorBox, Loading, PageHead, Time } from "../ui/parts.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { TabLinks } from "../ui/tabs.tsx";
import { Decisions } from "./decisions.tsx";
import { ExecutionDialog } from "./execution-detail.tsx";
import { OutcomeBadge, outcomes } from "./handler-words.tsx";
import { type Known, openAddress } from "./log-address.ts";
import { filterValues, type LogFilter, LogFilters } from "./log-filters.tsx";
import { More, Tail } from "./tail.tsx";

export function Executions(): JSX.Element {
  const tab = place.value.query.get("tab") ?? "executions";
  const handlers = useResource<HandlerList>("/api/handlers?status=all");
  const events = useResource<EventList>("/api/events");
  const known = {
    handlers: (handlers.data?.items ?? []).map(({ id }) => id),
    events: (events.data?.items ?? []).map(({ id }) => id),
  };
  return (
    <>
      <PageHead
        title="Execution log"
        lead="Every call of a handler and every decision: what was sent, what came back, how long it took. Secrets are masked."
      />
      <TabLinks
        label="Execution log"
        current={tab}
        tabs={[
          { id: "executions", name: "Calls" },
          { id: "decisions", name: "Decisions" },
        ]}
      />
      {tab === "decisions" ? <Decisions known={known} /> : <Calls known={known} />}
    </>
  );
}

const filtersOf = (known: Known): readonly LogFilter[] => [
  { name: "handler", label: "Handler", kind: "text", suggestions: known.handlers },
  { name: "event", label: "Event", kind: "text", suggestions: known.events },
  {
    name: "status",
    label: "Status",
    kind: "select",
    options: [
      ["", "any"],
      ["success", "success"],
      ["fail", "fail"],
    ],
  },
  { name: "outcome", label: "Outcome", kind: "text", suggestions: outcomes },
  { name: "object", label: "Object id", kind: "text" },
  { name: "client", label: "Client id", kind: "text" },
  { name: "text", label: "Words", kind: "text", placeholder: "in data, response or error" },
  { name: "since", label: "From", kind: "time" },
  { name: "until", label: "To", kind: "time" },
];

function Calls({ known }: { readonly known: Known }): JSX.Element {
  const filters = filtersOf(known);
  const values = filterValues(filters);
  return (
    <>
      <LogFilters filters={filters} />
      <CallList query={values} />
    </>
  );
}

/** The calls that a query means, followed live. Also on a handler's own page. */
export function CallList({
  query,
  ofHandler = false,
}: {
  readonly query: Readonly<Record<string, string>>;
  readonly ofHandler?: boolean;
}): JSX.Element {
  const pages = usePages<ExecutionRow>("/api/executions", query, ({ id }) => id);
  const [paused, setPaused] = useState(false);
  const isPast = query["until"] !== undefined && Date.parse(query["until"]) <= Date.now();
  const tail = useLiveRows(
    "execution",
    paused,
    (row) => fits(row, query),
    // What is searched for may stand in the data, which a row does not hold.
    (rows) => (query["text"] === undefined ? pages.prepend(rows) : pages.reload()),
    pages.catchUp,
  );
  const open = place.value.query.get("open");
  return (
    <>
      {!isPast && (
        <Tail
          paused={paused}
          waiting={tail.waiting}
          onPause={(to) => {
            setPaused(to);
            if (!to) tail.release();
          }}
          onRelease={tail.release}
        />
      )}
      {pages.error !== null && <ErrorBox error={pages.error} retry={pages.reload} />}
      {pages.rows === null && pages.error === null && <Loading what="the log" />}
      {pages.rows?.length === 0 && (
        <Empty title="No calls here">
          <p>
            {Object.keys(query).length > (ofHandler ? 1 : 0)
              ? "Nothing fits these filters. Take one away, or widen the time."
              : "Once an event concerns a handler, each call stands here within a second."}
          </p>
        </Empty>
      )}
      {pages.rows !== null && pages.rows.length > 0 && (
        <Table
          label="Calls"
          dense
          rows={pages.rows}
          id={(row) => row.id}
          columns={ofHandler ? columns.filter(({ name }) => name !== "Handler") : columns}
          tone={({ status }) => (status === "fail" ? "failed" : undefined)}
        />
      )}
      <More hasMore={pages.hasMore} loading={pages.loading} onMore={pages.more} />
      {open !== null && <ExecutionDialog id={open} onClose={() => setQuery({ open: null })} />}
    </>
  );
}

const columns: readonly Column<ExecutionRow>[] = [
  {
    name: "Time",
    head: true,
    cell: ({ id, at }) => (
      <a href={openAddress(id)} class="row-link">
        <Time at={at} />
        <span class="unseen">, details of the call</span>
      </a>
    ),
  },
  { name: "Outcome", cell: ({ outcome }) => <OutcomeBadge outcome={outcome} /> },
  { name: "Handler", cell: ({ handler }) => <a href={`/handlers/${encodeURIComponent(handler)}`}>{handler}</a> },
  {
    name: "Event",
    full: true,
    cell: ({ event, stage }) => (
      <>
        <code>{event ?? "unknown"}</code> <small class="quiet">{stage}</small>
      </>
    ),
  },
  { name: "Object", cell: ({ objectId }) => objectId ?? <span class="quiet">new</span> },
  { name: "Client", wide: true, cell: ({ client }) => <ClientCell client={client} /> },
  {
    name: "Response or error",
    full: true,
    cell: ({ said }) => (
      <span class="said" title={said}>
        {said === "" ? <span class="quiet">nothing</span> : said}
      </span>
    ),
  },
  { name: "Attempt", number: true, cell: ({ attempt }) => attempt },
  { name: "Took", number: true, cell: ({ ms }) => duration(ms) },
];
