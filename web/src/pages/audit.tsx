import type { JSX } from "preact";
import { usePages } from "../api/pages.ts";
import type { AuditEntry } from "../api/types.ts";
import { Badge, Card, ErrorBox, Loading, Time } from "../ui/parts.tsx";
import { Table } from "../ui/table.tsx";
import { More } from "./tail.tsx";

export function Audit(): JSX.Element {
  const pages = usePages<AuditEntry>("/api/audit", {}, ({ at, action, target, by, outcome }) =>
    [at, action, target, by, outcome].join(" "),
  );
  return (
    <Card
      title="Audit log"
      wide
      aside={
        <button type="button" class="small" onClick={pages.reload}>
          Read again
        </button>
      }
    >
      {pages.error !== null && <ErrorBox error={pages.error} retry={pages.reload} />}
      {pages.rows === null && pages.error === null && <Loading what="the audit log" />}
      {pages.rows?.length === 0 && <p class="quiet">Nothing was changed or refused yet.</p>}
      {pages.rows !== null && pages.rows.length > 0 && (
        <Table
          label="Audit log"
          rows={pages.rows}
          id={({ at, action, target, by, outcome }) => [at, action, target, by, outcome].join(" ")}
          columns={[
            { name: "Time", head: true, cell: ({ at }) => <Time at={at} /> },
            {
              name: "Who",
              cell: ({ by, role }) => (
                <>
                  {by ?? "unknown"} {role !== null && <small class="quiet">{role}</small>}
                </>
              ),
            },
            { name: "Action", cell: ({ action }) => <code>{action}</code> },
            { name: "On", cell: ({ target }) => target ?? "" },
            {
              name: "Outcome",
              cell: ({ outcome }) => (
                <Badge tone={outcome === "done" ? "ok" : "warn"} icon={outcome === "done" ? "ok" : "warn"}>
                  {outcome}
                </Badge>
              ),
            },
            { name: "Instance", wide: true, cell: ({ instance }) => <code class="quiet">{instance}</code> },
          ]}
        />
      )}
      <More hasMore={pages.hasMore} loading={pages.loading} onMore={pages.more} />
    </Card>
  );
}
