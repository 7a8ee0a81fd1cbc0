/** Bounds of a single call. How many run at once is bounded by `GuardLimits`. */
export interface TaskLimits {
  /** Longest answer of a before handler, longest standard output of a script, longest line of a persistent one. Bytes. */
  readonly answerBytes: number;
  /** How much of a response or of standard error is kept for logs. Bytes. */
  readonly logBytes: number;
  /** How long an idle socket is kept, milliseconds. Shorter than what common servers keep (gunicorn: 2 s). */
  readonly idleSocketMs: number;
  /** Between SIGTERM and SIGKILL, milliseconds. */
  readonly killGraceMs: number;
  /** Between the end of a persistent script's input and SIGTERM, milliseconds. */
  readonly endGraceMs: number;
}

export const defaultLimits: TaskLimits = {
  answerBytes: 256 * 1024,
  logBytes: 8 * 1024,
  idleSocketMs: 1000,
  killGraceMs: 100,
  endGraceMs: 1000,
};

/** How many calls of one handler run at once; each handler has its own places and its own queue. */
export interface GuardLimits {
  /** Calls of an HTTP handler under way, and so its sockets. */
  readonly inFlight: number;
  /** Calls of a handler that wait for a place, within their own time; past that `overload`. */
  readonly queue: number;
  /**
   * Scripts that run at once, shared out evenly among the script handlers, so that one whose scripts hang takes nothing
   * from the others. Each handler has at least `leastScripts`, also where that makes more in all.
   */
  readonly scripts: number;
  readonly leastScripts: number;
}

export const defaultGuardLimits: GuardLimits = { inFlight: 128, queue: 128, scripts: 16, leastScripts: 2 };
