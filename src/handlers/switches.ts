import { idPattern } from "../config/handlers/handler-keys.ts";
import { longestBypassMs, type SwitchChange, type SwitchWrite } from "../model/handler-log.ts";
import { instantMs } from "../model/instant.ts";

/** What operators have set while everything runs, as the log says it. */
export interface SwitchesState {
  /** Holds until then, by the clock of who reads it; null: it was ended, or never set. */
  readonly bypassBefore: {
    readonly until: string;
    readonly untilMs: number;
    readonly by: string;
    readonly note: string | null;
  } | null;
  readonly pausedGroups: ReadonlyMap<string, { readonly by: string; readonly at: string }>;
  /** Null: as LOG_LEVEL says. */
  readonly logLevel: "debug" | "info" | "warn" | "error" | null;
}

export const noSwitches: SwitchesState = { bypassBefore: null, pausedGroups: new Map(), logLevel: null };

const maxPausedGroups = 1000;

/** What is wrong with a switch that is set at `atMs`; null when nothing is. */
export function refusalOfSwitch(change: SwitchChange, atMs: number): string | null {
  switch (change.what) {
    case "bypass-before": {
      if (change.until === null) return null;
      const untilMs = instantMs(change.until);
      if (untilMs === null) return "until must be a time with its zone, such as 2026-01-01T12:00:00Z";
      return untilMs - atMs > longestBypassMs ? "a bypass ends within 24 hours" : null;
    }
    case "pause-group":
      return idPattern.test(change.group) ? null : "no group can have this name";
    case "log-level":
      return null;
  }
}

/** The switches after one more; null where it counts for nothing. `atMs` is of the log. Pure. */
export function withSwitch(
  state: SwitchesState,
  { change, by, at, note }: SwitchWrite,
  atMs: number,
): SwitchesState | null {
  if (refusalOfSwitch(change, atMs) !== null) return null;
  switch (change.what) {
    case "bypass-before": {
      const { until } = change;
      const untilMs = until === null ? null : instantMs(until);
      const bypassBefore = until === null || untilMs === null ? null : { until, untilMs, by, note };
      return { ...state, bypassBefore };
    }
    case "pause-group": {
      const pausedGroups = new Map(state.pausedGroups);
      if (!change.paused) pausedGroups.delete(change.group);
      else if (pausedGroups.size < maxPausedGroups) pausedGroups.set(change.group, { by, at });
      return { ...state, pausedGroups };
    }
    case "log-level":
      return { ...state, logLevel: change.level };
  }
}
