import type { Settings } from "../config/settings.ts";
import type { ErrorCode } from "../errors.ts";

/** What the main thread and the after stage's thread tell each other. */

/** Given at birth. */
export interface WorkerBirth {
  readonly settings: Settings;
  /** Read again there: compiled conditions cannot cross threads. */
  readonly handlersFile: string;
}

export type ToWorker =
  | { readonly kind: "stop"; readonly drainMs: number }
  | { readonly kind: "metrics"; readonly id: number };

export type FromWorker =
  | { readonly kind: "started" }
  /** The stage could not start, or can no longer go on. */
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string }
  /** Sent every half second: the readiness checks that do not hold. */
  | { readonly kind: "state"; readonly waitingFor: readonly string[] }
  | { readonly kind: "metrics"; readonly id: number; readonly metrics: readonly object[] }
  | { readonly kind: "stopped" };

export const stateEveryMs = 500;
