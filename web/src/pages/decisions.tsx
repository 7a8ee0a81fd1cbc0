import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { part } from "../api/client.ts";
import { useLiveRows } from "../api/live-rows.ts";
import { usePages } from "../api/pages.ts";
import { useResource } from "../api/resource.ts";
import { fits } from "../api/row-filter.ts";
import type { DecisionDetail, DecisionRow } from "../api/types.ts";
import { TimingBar } from "../charts/timing-bar.tsx";
import { place, setQuery } from "../route.ts";
import { counted, duration } from "../text/numbers.ts";
import { ClientCell } from "../ui/client-cell.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Badge, Empty, ErrorBox, Loading, Time } from "../ui/parts.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { Facts } from "../ui/tabs.tsx";
import { OutcomeBadge } from "./handler-words.tsx";
import { type Known, openAddress } from "./log-address.ts";
import { filterValues, type LogFilter, LogFilters } from "./log-filters.tsx";
import { More, Tail } from "./tail.tsx";

const words = (list: readonly string[]): readonly (readonly [string, string])[] => [
  ["", "any"],
  ...list.map((word) => [word, word] as const),
];

const filtersOf = (known: Known): readonly LogFilter[] => [
  { name: "handler", label: "Handler", kind: "text", suggestions: known.handlers },
  { name: "event", label: "Event", kind: "text", suggestions: known.events },
  { name: "decision", label: "Decision", kind: "select", options: words(["allow", "forbid", "undecided"]) },
  {
    name: "decidedBy",
    label: "Decided by",
    kind: "select",
    options: words(["handler", "failure-policy", "no-handler", "expired", "overload", "bypass", "unreadable"]),
  },
  { name: "object", label: "Object id", kind: "text" },
  { name: "client", label: "Client id", kind: "text" },
  { name: "operation", label: "Operation id", kind: "text" },
  { name: "since", label: "From", kind: "time" },
  { name: "until", label: "To", kind: "time" },
];

export function Decisions({ known }: { readonly known: Known }): JSX.Element {
  const filters = filtersOf(known);
  const query = filterValues(filters);
  const pages = usePages<DecisionRow>("/api/decisions", query, ({ id }) => id);
  const [paused, setPaused] = useState(false);
  const isPast = query["until"] !== undefined && Date.parse(query["until"]) <= Date.now();
  const tail = useLiveRows("decision", paused, (row) => fits(row, query), pages.prepend, pages.catchUp);
  const open = place.value.query.get("open");
  return (
    <>
      <LogFilters filters={filters} />
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
      {pages.rows === null && pages.error === null && <Loading what="the decisions" />}
      {pages.rows?.length === 0 && (
        <Empty title="No decisions here">
          <p>
            {Object.keys(query).length > 0
              ? "Nothing fits these filters. Take one away, or widen the time."
              : "Each time the billing core asks before it acts, the answer stands here within a second."}
          </p>
        </Empty>
      )}
      {pages.rows !== null && pages.rows.length > 0 && (
        <Table dense label="Decisions" rows={pages.rows} id={({ id }) => id} columns={columns} />
      )}
      <More hasMore={pages.hasMore} loading={pages.loading} onMore={pages.more} />
      {open !== null && <DecisionDialog id={open} onClose={() => setQuery({ open: null })} />}
    </>
  );
}

function DecisionBadge({ decision }: { readonly decision: string }): JSX.Element {
  const [tone, icon] =
    decision === "allow"
      ? (["ok", "ok"] as const)
      : decision === "forbid"
        ? (["info", "pause"] as const)
        : (["warn", "warn"] as const);
  return (
    <Badge tone={tone} icon={icon}>
      {decision}
    </Badge>
  );
}

const columns: readonly Column<DecisionRow>[] = [
  {
    name: "Time",
    head: true,
    cell: ({ id, at }) => (
      <a href={openAddress(id)} class="row-link">
        <Time at={at} />
        <span class="unseen">, details of the decision</span>
      </a>
    ),
  },
  { name: "Decision", cell: ({ decision }) => <DecisionBadge decision={decision} /> },
  { name: "Event", full: true, cell: ({ event }) => <code>{event ?? "unknown"}</code> },
  { name: "Object", cell: ({ objectId }) => objectId ?? <span class="quiet">new</span> },
  { name: "Client", wide: true, cell: ({ client }) => <ClientCell client={client} /> },
  { name: "Decided by", cell: ({ decidedBy, handler }) => `${decidedBy}${handler === null ? "" : `: ${handler}`}` },
  {
    name: "Reason",
    full: true,
    cell: ({ reason }) => <span class="said">{reason ?? <span class="quiet">none</span>}</span>,
  },
  { name: "Changes", number: true, cell: ({ changes }) => changes },
  { name: "Took", number: true, cell: ({ ms }) => duration(ms) },
];

function DecisionDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }): JSX.Element {
  const found = useResource<DecisionDetail>(`/api/decisions/${part(id)}`);
  return (
    <Dialog title="Decision" onClose={onClose} wide>
      {found.error !== null && <ErrorBox error={found.error} retry={found.reload} />}
      {found.data === null && found.error === null && <Loading what="the decision" />}
      {found.data !== null && <Detail detail={found.data} />}
    </Dialog>
  );
}

function Detail({ detail }: { readonly detail: DecisionDetail }): JSX.Element {
  const { row, reason, handlers, changes, failures, warnings, timing } = detail;
  return (
    <div class="detail">
      <p class="detail-top">
        <DecisionBadge decision={row.decision} /> <code>{row.event ?? "unknown"}</code> decided by {row.decidedBy}
        {row.handler !== null && <> ({row.handler})</>} in <strong>{duration(row.ms)}</strong>
      </p>
      {reason !== null && (
        <p class="note info">
          <code>{reason.code}</code> {reason.message}
        </p>
      )}
      <h3>Timing</h3>
      <TimingBar detail={detail} />
      <h3>Handlers</h3>
      {handlers.length === 0 && <p class="quiet">None was asked.</p>}
      <ul class="plain-list">
        {handlers.map(({ id, outcome, ms }) => (
          <li key={id}>
            <a href={`/handlers/${part(id)}`}>{id}</a> <OutcomeBadge outcome={outcome} /> {duration(ms)}
          </li>
        ))}
      </ul>
      <h3>{counted(changes.length, "change")}</h3>
      {changes.length > 0 && (
        <Table
          label="Changes by field"
          rows={changes}
          id={({ path, handler }) => `${path} ${handler}`}
          columns={[
            { name: "Field", head: true, cell: ({ path }) => <code>{path}</code> },
            { name: "From", cell: ({ from }) => <code class="gone">{from ?? "absent"}</code> },
            { name: "To", cell: ({ to }) => <code class="new">{to}</code> },
            { name: "By", cell: ({ handler }) => handler },
          ]}
        />
      )}
      {failures.map(({ handler, kind, detail: why }) => (
        <p key={`${handler}${kind}`} class="note bad">
          <strong>{handler}</strong> {kind}: {why}
        </p>
      ))}
      {warnings.map((warning) => (
        <p key={warning} class="note warn">
          {warning}
        </p>
      ))}
      <Facts
        items={[
          ["Asked", <Time key="a" at={timing.askedAt} />],
          ["Object", row.objectId ?? "none yet"],
          ["Client", row.client ?? "none"],
          [
            "Operation",
            <a key="o" href={`/executions?tab=decisions&operation=${part(row.operationId)}`}>
              <code>{row.operationId}</code>
            </a>,
          ],
          ["Attempt", String(row.attempt)],
          ["End", detail.end],
          ["Record", <code key="r">{detail.sequence}</code>],
          ["Instance", <code key="i">{detail.instance}</code>],
        ]}
      />
    </div>
  );
}
