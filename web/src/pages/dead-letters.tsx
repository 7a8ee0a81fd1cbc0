import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { usePages } from "../api/pages.ts";
import { useResource } from "../api/resource.ts";
import { mayWrite } from "../api/session.ts";
import type { HandlerList, LetterRow } from "../api/types.ts";
import { place, setQuery } from "../route.ts";
import { counted } from "../text/numbers.ts";
import { ClientCell } from "../ui/client-cell.tsx";
import { Empty, ErrorBox, Loading, PageHead, Time } from "../ui/parts.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { LetterDialog } from "./dead/letter-dialog.tsx";
import { useNewLetters } from "./dead/new-letters.ts";
import { ReplayDialog, type ReplayWhat } from "./dead/replay-dialog.tsx";
import { openAddress } from "./log-address.ts";
import { filterValues, type LogFilter, LogFilters } from "./log-filters.tsx";
import { More } from "./tail.tsx";

export function DeadLetters(): JSX.Element {
  const handlers = useResource<HandlerList>("/api/handlers?status=all");
  const items = handlers.data?.items ?? [];
  const filters: readonly LogFilter[] = [
    { name: "handler", label: "Handler", kind: "text", suggestions: items.map(({ id }) => id) },
    { name: "event", label: "Event", kind: "text", suggestions: [...new Set(items.flatMap(({ events }) => events))] },
    { name: "reason", label: "Reason", kind: "text" },
    { name: "object", label: "Object id", kind: "text" },
    { name: "client", label: "Client id", kind: "text" },
    { name: "since", label: "From", kind: "time" },
    { name: "until", label: "To", kind: "time" },
  ];
  const query = filterValues(filters);
  const letters = usePages<LetterRow>("/api/dead-letters", query, ({ position }) => position);
  const fresh = useNewLetters(JSON.stringify(query));
  const readAgain = (): void => {
    fresh.seen();
    letters.reload();
  };
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [replay, setReplay] = useState<ReplayWhat | null>(null);
  const rows = letters.rows ?? [];
  const chosen = rows.filter(({ position }) => picked.has(position));
  const open = place.value.query.get("open");
  const isFiltered = Object.keys(query).length > 0;
  const pick = (positions: readonly string[], on: boolean): void => {
    const next = new Set(picked);
    for (const position of positions) {
      if (on) next.add(position);
      else next.delete(position);
    }
    setPicked(next);
  };
  return (
    <>
      <PageHead
        title="Dead letters"
        lead="What could not be delivered, with the original bytes and why. A replay hands it to the handler that failed; the letter stays."
      >
        {mayWrite() && rows.length > 0 && (
          <>
            <button
              type="button"
              disabled={chosen.length === 0}
              onClick={() => setReplay({ kind: "some", letters: chosen })}
            >
              Replay chosen{chosen.length > 0 ? ` (${chosen.length})` : ""} …
            </button>
            <button type="button" onClick={() => setReplay({ kind: "filter", filter: query })}>
              Replay all {isFiltered ? "that match" : ""} …
            </button>
          </>
        )}
        <button type="button" onClick={readAgain}>
          Read again
        </button>
      </PageHead>
      <LogFilters filters={filters} />
      <div class="tail" role="status">
        {fresh.count > 0 && (
          <>
            <span>
              {counted(fresh.count, "new dead letter")}
              {isFiltered && ", not yet filtered"}
            </span>
            <button type="button" class="small" onClick={readAgain}>
              Show
            </button>
          </>
        )}
      </div>
      {letters.error !== null && <ErrorBox error={letters.error} retry={letters.reload} />}
      {letters.rows === null && letters.error === null && <Loading what="the dead letters" />}
      {letters.rows?.length === 0 && (
        <Empty title={isFiltered ? "No dead letter fits these filters" : "No dead letters"}>
          <p>
            {isFiltered
              ? "Take a filter away, or widen the time."
              : "Every event has been delivered, or is still on its way."}
          </p>
        </Empty>
      )}
      {rows.length > 0 && (
        <Table
          label="Dead letters"
          dense
          rows={rows}
          id={({ position }) => position}
          columns={columns(picked, pick, setReplay)}
        />
      )}
      <p class="unseen" role="status">
        {chosen.length > 0 ? `${counted(chosen.length, "letter")} chosen` : ""}
      </p>
      <More hasMore={letters.hasMore} loading={letters.loading} onMore={letters.more} />
      {open !== null && (
        <LetterDialog
          position={open}
          onClose={() => setQuery({ open: null })}
          onReplay={(row) => setReplay({ kind: "some", letters: [row] })}
        />
      )}
      {replay !== null && (
        <ReplayDialog
          what={replay}
          onClose={() => {
            setReplay(null);
            setPicked(new Set());
            readAgain();
          }}
        />
      )}
    </>
  );
}

function columns(
  picked: ReadonlySet<string>,
  pick: (positions: readonly string[], on: boolean) => void,
  replay: (what: ReplayWhat) => void,
): readonly Column<LetterRow>[] {
  const write = mayWrite();
  return [
    ...(write
      ? [
          {
            name: "Choose",
            cell: (row: LetterRow) => (
              <input
                type="checkbox"
                aria-label={`Choose the letter of ${row.event ?? "an unknown event"} for ${row.handler ?? row.group}, position ${row.position}`}
                checked={picked.has(row.position)}
                onChange={(event) => pick([row.position], event.currentTarget.checked)}
              />
            ),
          },
        ]
      : []),
    {
      name: "Died",
      head: true,
      cell: ({ position, deadAt }) => (
        <a href={openAddress(position)} class="row-link">
          <Time at={deadAt} />
          <span class="unseen">, details of the letter</span>
        </a>
      ),
    },
    { name: "Event", full: true, cell: ({ event }) => <code>{event ?? "unknown"}</code> },
    {
      name: "Handler",
      cell: ({ handler, group }) =>
        handler === null ? (
          <span class="quiet">group {group}</span>
        ) : (
          <a href={`/handlers/${encodeURIComponent(handler)}`}>{handler}</a>
        ),
    },
    { name: "Object", cell: ({ objectId }) => objectId ?? <span class="quiet">none</span> },
    { name: "Client", wide: true, cell: ({ client }) => <ClientCell client={client} /> },
    {
      name: "Why",
      full: true,
      cell: ({ reason, detail }) => (
        <span class="said whole" title={detail}>
          <strong>{reason}</strong> {detail}
        </span>
      ),
    },
    { name: "Attempts", number: true, cell: ({ attempts }) => attempts },
    ...(write
      ? [
          {
            name: "Do",
            cell: (row: LetterRow) => (
              <button
                type="button"
                class="small"
                aria-label={`Replay the letter of ${row.event ?? "an unknown event"}, position ${row.position}`}
                onClick={() => replay({ kind: "some", letters: [row] })}
              >
                Replay …
              </button>
            ),
          },
        ]
      : []),
  ];
}
