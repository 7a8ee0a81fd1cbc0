import type { JSX } from "preact";
import type { Replay } from "../../api/types.ts";
import { count } from "../../text/numbers.ts";
import { Facts } from "../../ui/tabs.tsx";

const words = {
  planned: "Planned",
  running: "Running …",
  done: "Done",
  stopped: "Stopped",
  failed: "Failed",
} as const;

export function ReplayProgress({
  replay,
  onStop,
  onClose,
}: {
  readonly replay: Replay;
  readonly onStop: () => void;
  readonly onClose: () => void;
}): JSX.Element {
  const { state, total, handedOver, delivered, deadAgain, gone, superseded } = replay;
  const isOpen = state === "running" || state === "planned";
  return (
    <>
      <p role="status">
        <strong>{words[state]}</strong> {count(handedOver)} of {count(total)} handed over, {count(delivered)} delivered
        {deadAgain > 0 && `, ${count(deadAgain)} dead again`}.
      </p>
      <progress max={Math.max(1, total)} value={handedOver} aria-label="Handed over" />
      <Facts
        items={[
          ["Delivered", count(delivered)],
          ["Dead again", deadAgain > 0 ? <strong key="d">{count(deadAgain)}</strong> : "0"],
          ...(gone > 0 ? [["Gone from the topic", count(gone)] as const] : []),
          ...(superseded > 0 ? [["Superseded by newer ones", count(superseded)] as const] : []),
        ]}
      />
      {replay.error !== null && <p class="note bad">{replay.error}</p>}
      {isOpen && (
        <p class="quiet">What was handed over is kept by Kafka: this window can be closed, nothing is lost.</p>
      )}
      <div class="dialog-actions">
        {isOpen && (
          <button type="button" onClick={onStop}>
            Stop after the next
          </button>
        )}
        <button type="button" class="primary" onClick={onClose}>
          {isOpen ? "Leave it running" : "Close"}
        </button>
      </div>
    </>
  );
}
