import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError, ask, part } from "../../api/client.ts";
import type { Definition, HandlerDetail } from "../../api/types.ts";
import { go, holdPage } from "../../route.ts";
import { ErrorBox } from "../../ui/parts.tsx";
import { say } from "../../ui/toasts.tsx";
import { Conflict } from "./conflict.tsx";
import { textAt } from "./draft.ts";
import type { Check } from "./use-check.ts";

/** Saves with the revision the form began with; if somebody was faster, shows the difference and asks. */
export function SaveBar({
  id,
  began,
  definition,
  check,
  isChanged,
  onTaken,
}: {
  readonly id: string | null;
  readonly began: HandlerDetail | null;
  readonly definition: Definition;
  readonly check: Check;
  readonly isChanged: boolean;
  readonly onTaken: (theirs: HandlerDetail) => void;
}): JSX.Element {
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [theirs, setTheirs] = useState<HandlerDetail | null>(null);
  const path = `/api/handlers/${part(id ?? textAt(definition, "id"))}`;
  const problems = check.result?.problems.length ?? 0;

  const save = async (revision: number | null): Promise<void> => {
    setBusy(true);
    try {
      const saved = await ask<HandlerDetail>(path, {
        method: "PUT",
        body: { definition, ...(note === "" ? {} : { note }) },
        headers: revision === null ? { "if-none-match": "*" } : { "if-match": `"${revision}"` },
      });
      say(`${saved.row.id} is saved, revision ${saved.row.revision}`);
      holdPage(null);
      go(`/handlers/${part(saved.row.id)}`);
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      const now = thrown.code === "CONFLICT" && id !== null ? await ask<HandlerDetail>(path).catch(() => null) : null;
      setTheirs(now);
      setError(now === null ? thrown : null);
    } finally {
      setBusy(false);
    }
  };

  return (
    <div class="save-bar">
      {error !== null && <ErrorBox error={error} />}
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void save(began?.row.revision ?? null);
        }}
      >
        <div class="filter grow">
          <label for="save-note">Note for the history</label>
          <input
            id="save-note"
            value={note}
            maxLength={500}
            placeholder="why"
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </div>
        <a class="button" href={id === null ? "/handlers" : `/handlers/${part(id)}`}>
          Cancel
        </a>
        <button type="submit" class="primary" disabled={busy || !isChanged || problems > 0 || !check.isCurrent}>
          {busy ? "Saving …" : id === null ? "Create" : "Save"}
        </button>
      </form>
      {theirs !== null && (
        <Conflict
          began={began?.yaml ?? ""}
          theirs={theirs}
          mine={check.result?.yaml ?? ""}
          onClose={() => setTheirs(null)}
          onTakeTheirs={() => {
            onTaken(theirs);
            setTheirs(null);
          }}
          onSaveMine={() => {
            const { revision } = theirs.row;
            setTheirs(null);
            void save(revision);
          }}
        />
      )}
    </div>
  );
}
