import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { HandlerRow } from "../../api/types.ts";
import { counted } from "../../text/numbers.ts";
import { Confirm } from "../../ui/dialog.tsx";
import { Choice } from "../../ui/fields.tsx";

type From = "left-off" | "now";

/** An after handler has events waiting: it gets them first, or goes without them. */
export function Enable({
  row,
  onEnable,
  onClose,
}: {
  readonly row: HandlerRow;
  readonly onEnable: (from: From) => Promise<void>;
  readonly onClose: () => void;
}): JSX.Element {
  const [from, setFrom] = useState<From>("left-off");
  return (
    <Confirm
      title={`Enable ${row.id}?`}
      action={from === "now" ? "Enable from now on" : "Enable"}
      danger={from === "now"}
      onConfirm={() => onEnable(from)}
      onClose={onClose}
    >
      {row.stage === "before" ? (
        <p>It is asked from the next request on.</p>
      ) : (
        <>
          <p>{waitingText(row)}</p>
          <Choice
            legend="It goes on"
            value={from}
            onPick={setFrom}
            options={[
              { value: "left-off", label: "Where it left off", about: "what waits comes first, in order" },
              { value: "now", label: "From now on", about: "what waits is passed over" },
            ]}
          />
          {from === "now" && (
            <p class="note warn">
              <strong>It never gets what was recorded until now.</strong> That is passed over, not delivered, and leaves
              no dead letter: nothing can be replayed. Other handlers of its group get theirs all the same.
            </p>
          )}
        </>
      )}
    </Confirm>
  );
}

function waitingText(row: HandlerRow): string {
  if (row.lag === null) return "What waits for it cannot be told now.";
  if (row.lag.records === 0) return "Nothing waits for its group at the moment.";
  return `${counted(row.lag.records, "event")} ${row.lag.records === 1 ? "waits" : "wait"} for its group.`;
}
