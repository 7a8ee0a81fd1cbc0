/** Every bound of this room. */
export interface TaskLimits {
  /** Longest answer of a before handler, and longest standard output of a script. Bytes. */
  readonly answerBytes: number;
  /** How much of a response or of standard error is kept for logs. Bytes. */
  readonly logBytes: number;
  /** Sockets of one handler; also how many of its calls run at once. */
  readonly socketsPerHandler: number;
  /** Calls of one handler that may wait for a socket; past that `overload`. */
  readonly waitingPerHandler: number;
  /** How long an idle socket is kept, milliseconds. Shorter than what common servers keep (gunicorn: 2 s). */
  readonly idleSocketMs: number;
  /** Scripts that run at once in this runner. */
  readonly scripts: number;
  /** Script calls that may wait for their turn; past that `overload`. */
  readonly waitingScripts: number;
  /** Between SIGTERM and SIGKILL, milliseconds. */
  readonly killGraceMs: number;
}

export const defaultLimits: TaskLimits = {
  answerBytes: 256 * 1024,
  logBytes: 8 * 1024,
  socketsPerHandler: 128,
  waitingPerHandler: 128,
  idleSocketMs: 1000,
  scripts: 16,
  waitingScripts: 128,
  killGraceMs: 100,
};
