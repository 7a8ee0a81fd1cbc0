import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { part } from "../api/client.ts";
import { useResource } from "../api/resource.ts";
import type { EventDetail, EventRow } from "../api/types.ts";
import { pretty } from "../text/json.ts";
import { SearchField } from "../ui/fields.tsx";
import { Badge, Card, ErrorBox, Loading, PageHead } from "../ui/parts.tsx";
import { Table } from "../ui/table.tsx";
import { Code, Facts } from "../ui/tabs.tsx";
import { Explain } from "./explain.tsx";

export function EventPage({ id }: { readonly id: string }): JSX.Element {
  const event = useResource<EventDetail>(`/api/events/${part(id)}`, { on: ["handlers"] });
  const detail = event.data;
  return (
    <>
      <PageHead title={<code>{id}</code>} lead={detail?.row.label}>
        <a class="button" href={`/executions?event=${part(id)}`}>
          Execution log
        </a>
      </PageHead>
      {event.error !== null && <ErrorBox error={event.error} retry={event.reload} />}
      {detail === null && event.error === null && <Loading what="the event" />}
      {detail !== null && (
        <div class="cards">
          <Card title="Who handles it">
            <Handlers row={detail.row} />
          </Card>
          <Card title="Sample payload">
            {detail.sample === null ? (
              <p class="quiet">There is none: this is a vendor's event, whose data is not known here.</p>
            ) : (
              <Code text={pretty(detail.sample)} label="Sample payload" />
            )}
          </Card>
          <Card title="Explain: who would be asked and told" wide>
            {detail.sample === null ? (
              <p class="quiet">Only events of the catalogue can be explained.</p>
            ) : (
              <Explain id={detail.row.id} sample={detail.sample} />
            )}
          </Card>
          {detail.fields.length > 0 && <Fields detail={detail} />}
          {detail.schema !== null && (
            <Card title="Avro schema" wide>
              <details>
                <summary>Show the schema as it is registered</summary>
                <Code text={pretty(detail.schema)} label="Avro schema" />
              </details>
            </Card>
          )}
        </div>
      )}
    </>
  );
}

function Handlers({ row }: { readonly row: EventRow }): JSX.Element {
  const links = (ids: readonly string[]): JSX.Element =>
    ids.length === 0 ? (
      <span class="quiet">nobody</span>
    ) : (
      <span class="links">
        {ids.map((id) => (
          <a key={id} href={`/handlers/${part(id)}`}>
            {id}
          </a>
        ))}
      </span>
    );
  return (
    <Facts
      items={[
        [
          "Asked before",
          row.before ? links(row.handlers.before) : <span class="quiet">nobody may be asked before it</span>,
        ],
        ["Told after", links(row.handlers.after)],
        ["Topic", row.entity ?? "whichever the vendor uses"],
        ...(row.aliases.length > 0 ? [["Also known as", <code key="a">{row.aliases.join(", ")}</code>] as const] : []),
      ]}
    />
  );
}

function Fields({ detail }: { readonly detail: EventDetail }): JSX.Element {
  const [text, setText] = useState("");
  const rows = detail.fields.filter(({ name, doc }) =>
    `${name} ${doc ?? ""}`.toLowerCase().includes(text.toLowerCase()),
  );
  return (
    <Card title={`Fields of its data (${detail.fields.length})`} wide>
      {detail.fields.length > 12 && <SearchField label="Search fields" value={text} onValue={setText} />}
      <Table
        label="Fields"
        rows={rows}
        id={({ name }) => name}
        columns={[
          { name: "Field", head: true, cell: ({ name }) => <code>{name}</code> },
          {
            name: "Type",
            cell: ({ type, nullable, secret }) => (
              <>
                <code>{type}</code>
                {nullable && <span class="quiet"> or null</span>} {secret && <Badge tone="warn">secret</Badge>}
              </>
            ),
          },
          { name: "Meaning", full: true, cell: ({ doc }) => doc ?? "" },
        ]}
      />
    </Card>
  );
}
