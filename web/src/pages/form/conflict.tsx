import type { JSX } from "preact";
import type { HandlerDetail } from "../../api/types.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Diff } from "../../ui/diff.tsx";
import { Time } from "../../ui/parts.tsx";

/** Somebody else saved meanwhile: what they changed, and what saving over it would do. */
export function Conflict({
  began,
  theirs,
  mine,
  onTakeTheirs,
  onSaveMine,
  onClose,
}: {
  readonly began: string;
  readonly theirs: HandlerDetail;
  readonly mine: string;
  readonly onTakeTheirs: () => void;
  readonly onSaveMine: () => void;
  readonly onClose: () => void;
}): JSX.Element {
  return (
    <Dialog title="Somebody else saved this handler" onClose={onClose} wide>
      <p>
        {theirs.row.changedBy} saved revision {theirs.row.revision} at <Time at={theirs.row.changedAt} />. Nothing of
        yours was saved.
      </p>
      <h3>What they changed</h3>
      <Diff before={began} after={theirs.yaml} label="What they changed" />
      <h3>What saving yours now would do to theirs</h3>
      <Diff before={theirs.yaml} after={mine} label="What saving yours would do" />
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Back to the form
        </button>
        <button type="button" onClick={onTakeTheirs}>
          Take theirs, drop mine
        </button>
        <button type="button" class="danger" onClick={onSaveMine}>
          Save mine over theirs
        </button>
      </div>
    </Dialog>
  );
}
