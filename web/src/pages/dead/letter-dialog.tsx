import type { JSX } from "preact";
import { useResource } from "../../api/resource.ts";
import { mayWrite } from "../../api/session.ts";
import type { LetterDetail, LetterRow } from "../../api/types.ts";
import { pretty } from "../../text/json.ts";
import { duration } from "../../text/numbers.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorBox, Loading, Time } from "../../ui/parts.tsx";
import { Table } from "../../ui/table.tsx";
import { Code, Facts } from "../../ui/tabs.tsx";
import { OutcomeBadge } from "../handler-words.tsx";

export function LetterDialog({
  position,
  onClose,
  onReplay,
}: {
  readonly position: string;
  readonly onClose: () => void;
  readonly onReplay: (row: LetterRow) => void;
}): JSX.Element {
  const isPosition = /^\d+\/\d+$/.test(position);
  const found = useResource<LetterDetail>(isPosition ? `/api/dead-letters/${position}` : null);
  return (
    <Dialog title="Dead letter" onClose={onClose} wide>
      {!isPosition && <p>There is no such letter.</p>}
      {found.error !== null && <ErrorBox error={found.error} retry={found.reload} />}
      {isPosition && found.data === null && found.error === null && <Loading what="the letter" />}
      {found.data !== null && <Detail detail={found.data} onReplay={onReplay} />}
    </Dialog>
  );
}

function Detail({
  detail,
  onReplay,
}: {
  readonly detail: LetterDetail;
  readonly onReplay: (row: LetterRow) => void;
}): JSX.Element {
  const { row } = detail;
  return (
    <div class="detail">
      <p class="note bad">
        <strong>{row.reason}</strong> {row.detail}
      </p>
      <Facts
        items={[
          ["Event", <code key="e">{row.event ?? "unknown"}</code>],
          [
            "Handler",
            row.handler === null ? (
              `group ${row.group}`
            ) : (
              <a key="h" href={`/handlers/${encodeURIComponent(row.handler)}`}>
                {row.handler}
              </a>
            ),
          ],
          ["Died", <Time key="d" at={row.deadAt} />],
          ...(detail.recordedAt === null ? [] : [["Happened", <Time key="r" at={detail.recordedAt} />] as const]),
          ["Object", row.objectId ?? "none"],
          ["Client", row.client ?? "none"],
          ["Record", <code key="s">{row.sequence}</code>],
          ["Position", <code key="p">{row.position}</code>],
        ]}
      />
      {mayWrite() && (
        <button type="button" class="primary" onClick={() => onReplay(row)}>
          Replay it …
        </button>
      )}
      <h3>Attempts</h3>
      {detail.attempts.length === 0 ? (
        <p class="quiet">None was made.</p>
      ) : (
        <Table
          label="Attempts"
          rows={detail.attempts}
          id={({ number }) => String(number)}
          columns={[
            { name: "Attempt", head: true, cell: ({ number }) => number },
            { name: "At", cell: ({ at }) => <Time at={at} /> },
            { name: "Outcome", cell: ({ kind }) => <OutcomeBadge outcome={kind} /> },
            { name: "Detail", cell: ({ detail: why }) => why },
            { name: "Took", number: true, cell: ({ ms }) => duration(ms) },
          ]}
        />
      )}
      <div class="two">
        <section>
          <h3>Data</h3>
          {detail.data === null ? (
            <p class="quiet">It cannot be read: {detail.unread ?? "unknown"}</p>
          ) : (
            <Code text={pretty(detail.data)} label="Data" />
          )}
        </section>
        <section>
          <h3>Headers</h3>
          <Code
            text={Object.entries(detail.headers)
              .map(([name, value]) => `${name}: ${value}`)
              .join("\n")}
            label="Headers"
          />
        </section>
      </div>
    </div>
  );
}
