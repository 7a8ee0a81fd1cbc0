import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, ask, part } from "../../api/client.ts";
import { hear } from "../../api/live.ts";
import type { LetterRow, Replay, ReplayRequest } from "../../api/types.ts";
import { counted } from "../../text/numbers.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/fields.tsx";
import { ErrorBox, Loading } from "../../ui/parts.tsx";
import { ReplayProgress } from "./replay-progress.tsx";

export type ReplayWhat =
  | { readonly kind: "some"; readonly letters: readonly LetterRow[] }
  | { readonly kind: "filter"; readonly filter: Readonly<Record<string, string>> };

const over = new Set<Replay["state"]>(["done", "stopped", "failed"]);

/** First a dry run, which says what would go and what is newer; then the replay itself, watched to its end. */
export function ReplayDialog({
  what,
  onClose,
}: {
  readonly what: ReplayWhat;
  readonly onClose: () => void;
}): JSX.Element {
  const [plan, setPlan] = useState<Replay | null>(null);
  const [running, setRunning] = useState<Replay | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [rate, setRate] = useState("10");
  const [evenIfNewer, setEvenIfNewer] = useState(false);
  const [busy, setBusy] = useState(false);
  const subject: ReplayRequest =
    what.kind === "some" ? { positions: what.letters.map(({ position }) => position) } : { filter: what.filter };

  const send = async (extra: ReplayRequest, done: (replay: Replay) => void): Promise<void> => {
    setBusy(true);
    try {
      done(await ask<Replay>("/api/replays", { method: "POST", body: { ...subject, ...extra }, withinMs: 60_000 }));
      setError(null);
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => void send({ dryRun: true }, setPlan), []);

  const id = running?.id ?? null;
  const isOver = running !== null && over.has(running.state);
  useEffect(() => {
    if (id === null || isOver) return undefined;
    const look = (): void => {
      ask<Replay>(`/api/replays/${part(id)}`).then(setRunning, () => undefined);
    };
    const stop = hear("replay", (replay) => {
      if (replay.id === id) setRunning(replay);
    });
    const timer = setInterval(look, 1000);
    return () => {
      stop();
      clearInterval(timer);
    };
  }, [id, isOver]);

  const newer = plan?.newer ?? [];
  return (
    <Dialog
      title={what.kind === "some" ? `Replay ${counted(what.letters.length, "dead letter")}` : "Replay by filter"}
      onClose={onClose}
    >
      {error !== null && <ErrorBox error={error} />}
      {plan === null && error === null && <Loading what="what would be replayed" />}
      {running !== null && (
        <ReplayProgress
          replay={running}
          onClose={onClose}
          onStop={() => void ask(`/api/replays/${part(running.id)}`, { method: "DELETE" }).catch(() => undefined)}
        />
      )}
      {running === null && plan !== null && (
        <>
          <p>
            <strong>{counted(plan.total, "letter")}</strong> {plan.total === 1 ? "goes" : "go"} to the handler that
            failed, under the same <code>webhook-id</code>.
          </p>
          {newer.length > 0 && (
            <div class="note warn" role="alert">
              <div>
                <strong>Newer events were delivered meanwhile.</strong> The replay puts an older state after a newer
                one:
                <ul>
                  {newer.map((one) => (
                    <li key={`${one.handler ?? ""} ${one.client ?? ""}`}>
                      {one.handler ?? "unknown handler"}, client {one.client ?? "unknown"}:{" "}
                      {one.newer === null
                        ? "not known, too much to look through"
                        : `newer event at offset ${one.newer}`}
                    </li>
                  ))}
                </ul>
                <label class="check">
                  <input
                    type="checkbox"
                    checked={evenIfNewer}
                    onChange={(event) => setEvenIfNewer(event.currentTarget.checked)}
                  />{" "}
                  Replay all the same: the handler copes with an older event
                </label>
              </div>
            </div>
          )}
          {plan.idleGroups.length > 0 && (
            <p class="note warn">
              Nobody runs {plan.idleGroups.join(", ")} now: what is handed over waits until somebody does.
            </p>
          )}
          <Field label="Letters a second">
            {(ids) => (
              <input
                {...ids}
                type="number"
                min="0.1"
                max="1000"
                step="any"
                value={rate}
                onInput={(event) => setRate(event.currentTarget.value)}
              />
            )}
          </Field>
          <div class="dialog-actions">
            <button type="button" onClick={onClose}>
              Cancel
            </button>
            <button
              type="button"
              class="primary"
              disabled={busy || plan.total === 0 || (newer.length > 0 && !evenIfNewer)}
              onClick={() => void send({ rate: Number(rate), ...(evenIfNewer ? { evenIfNewer } : {}) }, setRunning)}
            >
              Replay {counted(plan.total, "letter")}
            </button>
          </div>
        </>
      )}
    </Dialog>
  );
}
