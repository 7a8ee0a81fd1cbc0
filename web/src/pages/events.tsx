import type { JSX } from "preact";
import { useResource } from "../api/resource.ts";
import type { EventList } from "../api/types.ts";
import { place, setQuery } from "../route.ts";
import { SearchField } from "../ui/fields.tsx";
import { Badge, Empty, ErrorBox, Loading, PageHead } from "../ui/parts.tsx";
import { Table } from "../ui/table.tsx";

export function Events(): JSX.Element {
  const list = useResource<EventList>("/api/events", { on: ["handlers"] });
  const text = place.value.query.get("q") ?? "";
  const rows = (list.data?.items ?? []).filter(({ id, label, entity, aliases }) =>
    `${id} ${label} ${entity ?? "vendor"} ${aliases.join(" ")}`.toLowerCase().includes(text.toLowerCase()),
  );
  return (
    <>
      <PageHead title="Events" lead="What can happen in the billing system, and who is asked and told about it." />
      <search class="filters">
        <SearchField label="Search" value={text} placeholder="Id, name, topic …" onValue={(q) => setQuery({ q })} />
      </search>
      {list.error !== null && <ErrorBox error={list.error} retry={list.reload} />}
      {list.data === null && list.error === null && <Loading what="the events" />}
      {list.data !== null && rows.length === 0 && (
        <Empty title="No event matches">
          <p>
            <a href="/events">Show all events</a>
          </p>
        </Empty>
      )}
      {rows.length > 0 && (
        <Table
          label="Events"
          rows={rows}
          id={(row) => row.id}
          columns={[
            {
              name: "Event",
              head: true,
              cell: ({ id, label }) => (
                <span class="named">
                  <a href={`/events/${encodeURIComponent(id)}`}>
                    <code>{id}</code>
                  </a>
                  <span class="quiet">{label}</span>
                </span>
              ),
            },
            { name: "Topic", cell: ({ entity }) => entity ?? <Badge tone="quiet">of a vendor</Badge> },
            {
              name: "Asked before",
              cell: ({ before, handlers }) =>
                before ? <Ids ids={handlers.before} /> : <span class="quiet">never asked</span>,
            },
            { name: "Told after", cell: ({ handlers }) => <Ids ids={handlers.after} /> },
            {
              name: "Also known as",
              wide: true,
              cell: ({ aliases }) =>
                aliases.map((alias) => (
                  <code key={alias} class="quiet">
                    {alias}{" "}
                  </code>
                )),
            },
          ]}
        />
      )}
    </>
  );
}

function Ids({ ids }: { readonly ids: readonly string[] }): JSX.Element {
  if (ids.length === 0) return <span class="quiet">nobody</span>;
  return (
    <span class="links">
      {ids.map((id) => (
        <a key={id} href={`/handlers/${encodeURIComponent(id)}`}>
          {id}
        </a>
      ))}
    </span>
  );
}
