import type { JSX } from "preact";
import { useResource } from "../api/resource.ts";
import { mayWriteHandlers } from "../api/session.ts";
import type { HandlerList, HandlerRow, Status } from "../api/types.ts";
import { place, setQuery } from "../route.ts";
import { counted } from "../text/numbers.ts";
import { SearchField, SelectField } from "../ui/fields.tsx";
import { FilterBox } from "../ui/filter-box.tsx";
import { Icon } from "../ui/icon.tsx";
import { Empty, ErrorBox, Loading, PageHead } from "../ui/parts.tsx";
import { Table } from "../ui/table.tsx";
import { columns } from "./handler-columns.tsx";

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
