import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ask, part } from "../api/client.ts";
import { mayWrite } from "../api/session.ts";
import { Icon } from "../ui/icon.tsx";
import { Badge } from "../ui/parts.tsx";
import { say, sayFailed } from "../ui/toasts.tsx";

/** Pauses and resumes a group of after handlers. */
export function PauseSwitch({
  group,
  paused,
  onDone,
}: {
  readonly group: string;
  readonly paused: boolean;
  readonly onDone: () => void;
}): JSX.Element {
  const [busy, setBusy] = useState(false);
  if (!mayWrite())
    return paused ? (
      <Badge tone="warn" icon="pause">
        paused
      </Badge>
    ) : (
      <Badge tone="ok" icon="ok">
        running
      </Badge>
    );
  const turn = async (): Promise<void> => {
    setBusy(true);
    try {
      await ask(`/api/switches/groups/${part(group)}`, { method: "PUT", body: { paused: !paused } });
      say(`${group} is ${paused ? "running again" : "paused"}`);
    } catch (error) {
      sayFailed(`${group} is not changed`, error);
    } finally {
      setBusy(false);
      onDone();
    }
  };
  return (
    <button
      type="button"
      class="small"
      disabled={busy}
      aria-label={`${paused ? "Resume" : "Pause"} ${group}`}
      onClick={() => void turn()}
    >
      <Icon name={paused ? "play" : "pause"} /> {paused ? "Resume" : "Pause"}
    </button>
  );
}
