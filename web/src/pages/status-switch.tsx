import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ask, part } from "../api/client.ts";
import { mayWriteHandlers } from "../api/session.ts";
import type { HandlerRow, Status } from "../api/types.ts";
import { say, sayFailed } from "../ui/toasts.tsx";
import { StatusBadge } from "./handler-words.tsx";

/**
 * The quick switch: shown at once, taken back with a message when the API refuses it or somebody else was faster. Archived
 * handlers have none: that needs the form.
 */
export function StatusSwitch({
  row,
  onChange,
}: {
  readonly row: HandlerRow;
  readonly onChange: (id: string, status: Status, revision: number | null) => void;
}): JSX.Element {
  const [busy, setBusy] = useState(false);
  if (!mayWriteHandlers() || row.status === "archived") return <StatusBadge status={row.status} />;
  const isOn = row.status === "enabled";
  const flip = async (): Promise<void> => {
    const to = isOn ? "disabled" : "enabled";
    setBusy(true);
    onChange(row.id, to, null);
    try {
      const written = await setStatus(row, { status: to });
      onChange(row.id, to, written.row.revision);
      say(`${row.id} is ${to}`);
    } catch (error) {
      onChange(row.id, row.status, null);
      sayFailed(`${row.id} stays ${row.status}`, error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <button
      type="button"
      role="switch"
      aria-checked={isOn}
      aria-label={`${row.id} enabled`}
      class="switch"
      disabled={busy}
      onClick={() => void flip()}
    >
      <span class="switch-track" aria-hidden="true">
        <span class="switch-knob" />
      </span>
      <span class="switch-word">{row.status}</span>
    </button>
  );
}

/** The revision that was seen goes with it: a change by somebody else in between is a conflict, not overwritten. */
export function setStatus(
  row: HandlerRow,
  body: { readonly status: Status; readonly from?: "now" },
): Promise<{ row: HandlerRow }> {
  return ask(`/api/handlers/${part(row.id)}/status`, {
    method: "POST",
    body,
    headers: { "if-match": `"${row.revision}"` },
  });
}
