import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ask, part } from "../../api/client.ts";
import { useResource } from "../../api/resource.ts";
import { mayWriteHandlers } from "../../api/session.ts";
import type { HandlerHistory, HandlerRow, HandlerVersion } from "../../api/types.ts";
import { Confirm } from "../../ui/dialog.tsx";
import { Diff } from "../../ui/diff.tsx";
import { Empty, ErrorBox, Loading, Time } from "../../ui/parts.tsx";
import { say, sayFailed } from "../../ui/toasts.tsx";

/** Every version, what it changed, and the way back to it. */
export function History({
  id,
  row,
  onDone,
}: {
  readonly id: string;
  readonly row: HandlerRow | null;
  readonly onDone: () => void;
}): JSX.Element {
  const history = useResource<HandlerHistory>(`/api/handlers/${part(id)}/history`, { on: ["handlers"] });
  const [back, setBack] = useState<HandlerVersion | null>(null);
  const versions = history.data?.items ?? [];
  const current = versions[0];
  const rollBack = async (to: HandlerVersion): Promise<void> => {
    try {
      await ask(`/api/handlers/${part(id)}/rollback`, {
        method: "POST",
        body: { revision: to.revision },
        headers: row === null ? { "if-none-match": "*" } : { "if-match": `"${row.revision}"` },
      });
      say(`${id} is as it was in revision ${to.revision}`);
    } catch (error) {
      sayFailed("Not rolled back", error);
    }
    setBack(null);
    history.reload();
    onDone();
  };
  return (
    <>
      {history.error !== null && <ErrorBox error={history.error} retry={history.reload} />}
      {history.data === null && history.error === null && <Loading what="the history" />}
      {history.data !== null && versions.length === 0 && (
        <Empty title="No history">
          <p>It comes from a file, or was never changed.</p>
        </Empty>
      )}
      <ol class="history">
        {versions.map((version, at) => (
          <li key={version.revision}>
            <div class="history-head">
              <strong>{version.action}</strong>
              <span>
                <Time at={version.at} /> by {version.by}
              </span>
              <span class="quiet">revision {version.revision}</span>
              {mayWriteHandlers() && at > 0 && version.definition !== null && (
                <button type="button" class="small" onClick={() => setBack(version)}>
                  Roll back to this …
                </button>
              )}
            </div>
            {version.note !== null && <p class="history-note">{version.note}</p>}
            <details open={at === 0}>
              <summary>{versions[at + 1] === undefined ? "The first version" : "What it changed"}</summary>
              <Diff
                before={versions[at + 1]?.yaml ?? ""}
                after={version.yaml ?? ""}
                label={`Difference of revision ${version.revision} to the one before`}
              />
            </details>
          </li>
        ))}
      </ol>
      {back !== null && (
        <Confirm
          title={`Roll back to revision ${back.revision}?`}
          action="Roll back"
          onConfirm={() => rollBack(back)}
          onClose={() => setBack(null)}
        >
          <p>The older version becomes the newest one. This is what changes:</p>
          <Diff before={current?.yaml ?? ""} after={back.yaml ?? ""} label="What rolling back changes" />
        </Confirm>
      )}
    </>
  );
}
