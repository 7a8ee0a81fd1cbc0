import type { Settings } from "../config/settings.ts";
import type { ErrorCode } from "../errors.ts";
import type { SetMessage } from "./running-set.ts";
import type { RunningHandlers, StageStatus } from "./stage.ts";

/** What the main thread and the after stage's thread tell each other. */

/** Given at birth. */
export interface WorkerBirth {
  readonly instanceId: string;
  readonly settings: Settings;
  /** What it runs to begin with. */
  readonly set: SetMessage;
}

export type ToWorker =
  /** What it runs from now on. */
  | { readonly kind: "set"; readonly set: SetMessage }
  | { readonly kind: "stop"; readonly drainMs: number }
  | { readonly kind: "metrics"; readonly id: number };

export type FromWorker =
  | { readonly kind: "started" }
  /** The stage could not start, or can no longer go on. */
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string }
  /** Sent every half second: the readiness checks that do not hold, and the handlers it runs. */
  | { readonly kind: "state"; readonly waitingFor: readonly string[]; readonly running: RunningHandlers }
  /** Sent every two seconds: it walks every lane. */
  | { readonly kind: "status"; readonly status: StageStatus }
  | { readonly kind: "metrics"; readonly id: number; readonly metrics: readonly object[] }
  | { readonly kind: "stopped" };

export const stateEveryMs = 500;
export const statusEveryMs = 2000;
