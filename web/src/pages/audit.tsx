import type { JSX } from "preact";
import { part } from "../api/client.ts";
import { usePages } from "../api/pages.ts";
import type { AuditEntry } from "../api/types.ts";
import { Badge, Empty, ErrorBox, Loading, Time } from "../ui/parts.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { filterValues, type LogFilter, LogFilters } from "./log-filters.tsx";
import { More } from "./tail.tsx";

const filters: readonly LogFilter[] = [
  { name: "by", label: "Who", kind: "text" },
  { name: "text", label: "Words", kind: "text", placeholder: "action, target …" },
  { name: "since", label: "From", kind: "time" },
  { name: "until", label: "To", kind: "time" },
];

/** Who changed what by the interface and the API, and who was refused. */
export function Audit(): JSX.Element {
  const query = filterValues(filters);
  const pages = usePages<AuditEntry>("/api/audit", query, idOf);
  const isFiltered = Object.keys(query).length > 0;
  return (
    <>
      <LogFilters filters={filters} />
      <div class="tail">
        <button type="button" onClick={pages.reload}>
          Read again
        </button>
        <span class="quiet">Kept for 90 days, from whichever instance it came.</span>
      </div>
      {pages.error !== null && <ErrorBox error={pages.error} retry={pages.reload} />}
      {pages.rows === null && pages.error === null && <Loading what="the audit log" />}
      {pages.rows?.length === 0 && (
        <Empty title={isFiltered ? "No entry fits these filters" : "Nothing was changed or refused yet"}>
          <p>
            {isFiltered
              ? pages.hasMore
                ? "None of those that were looked through: go on below."
                : "Take a filter away, or widen the time. A name must be whole."
              : "Each change, and each request that was refused, leaves an entry here."}
          </p>
        </Empty>
      )}
      {pages.rows !== null && pages.rows.length > 0 && (
        <Table label="Audit log" rows={pages.rows} id={idOf} columns={columns} />
      )}
      <More hasMore={pages.hasMore} loading={pages.loading} onMore={pages.more} />
    </>
  );
}

function idOf({ at, action, target, by, outcome, instance }: AuditEntry): string {
  return [at, action, target, by, outcome, instance].join(" ");
}

const columns: readonly Column<AuditEntry>[] = [
  { name: "Time", head: true, cell: ({ at }) => <Time at={at} /> },
  {
    name: "Who",
    cell: ({ by, role }) => (
      <>
        {by ?? "unknown"} {role !== null && <small class="quiet">{role}</small>}
      </>
    ),
  },
  { name: "Action", full: true, cell: ({ action }) => <code>{action}</code> },
  {
    name: "On",
    cell: ({ action, target }) =>
      target !== null && action.includes("/api/handlers/:id") ? (
        <a href={`/handlers/${part(target)}`}>{target}</a>
      ) : (
        (target ?? "")
      ),
  },
  {
    name: "Outcome",
    cell: ({ outcome }) => (
      <Badge tone={outcome === "done" ? "ok" : "warn"} icon={outcome === "done" ? "ok" : "warn"}>
        {outcome}
      </Badge>
    ),
  },
  { name: "From", wide: true, cell: ({ address }) => address ?? "" },
  { name: "Instance", wide: true, cell: ({ instance }) => <code class="quiet">{instance}</code> },
];
