import type { JSX } from "preact";
import { counted } from "../text/numbers.ts";
import { Icon } from "../ui/icon.tsx";

/** Pause and resume of a live list. */
export function Tail({
  paused,
  waiting,
  onPause,
  onRelease,
}: {
  readonly paused: boolean;
  readonly waiting: number;
  readonly onPause: (paused: boolean) => void;
  readonly onRelease: () => void;
}): JSX.Element {
  return (
    <div class="tail">
      <button type="button" aria-pressed={paused} onClick={() => onPause(!paused)}>
        <Icon name={paused ? "play" : "pause"} /> {paused ? "Resume" : "Pause"}
      </button>
      <span class="quiet" role="status">
        {paused
          ? waiting === 0
            ? "Paused"
            : `Paused, ${counted(waiting, "new row")}`
          : "New rows appear by themselves"}
      </span>
      {paused && waiting > 0 && (
        <button type="button" class="small" onClick={onRelease}>
          Show them
        </button>
      )}
    </div>
  );
}

export function More({
  hasMore,
  loading,
  onMore,
}: {
  readonly hasMore: boolean;
  readonly loading: boolean;
  readonly onMore: () => void;
}): JSX.Element | null {
  if (!hasMore) return null;
  return (
    <p class="more">
      <button type="button" disabled={loading} onClick={onMore}>
        {loading ? "Reading …" : "Older rows"}
      </button>
    </p>
  );
}
