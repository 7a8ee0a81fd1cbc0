/**
 * Every error this project throws on purpose, each with a stable code.
 * Failures of handlers are not errors: they are values (model/failure.ts).
 */

/** Process exit codes, after sysexits.h: 64 range for usage and configuration, 75 for "try again later". */
export const exitCodes = { ok: 0, failed: 1, usage: 2, forbidden: 3, unavailable: 75, configuration: 78 } as const;

/** One row per code: the exit code a command ends with, and what the code means. */
export const errorCodes = {
  SETTINGS_INVALID: { exit: "configuration", meaning: "a setting is missing, malformed or contradicts another" },
  HANDLERS_INVALID: { exit: "configuration", meaning: "the handlers file cannot be used as it stands" },
  USAGE: { exit: "usage", meaning: "the command line or the arguments of a call are wrong" },
  UNKNOWN_EVENT: { exit: "usage", meaning: "no such event id in the catalogue" },
  DATA_INVALID: { exit: "usage", meaning: "the data does not fit the event's schema" },
  BROKER_UNAVAILABLE: { exit: "unavailable", meaning: "no configured Kafka broker answered in time" },
  REGISTRY_UNAVAILABLE: { exit: "unavailable", meaning: "the schema registry did not answer in time" },
  NOT_SET_UP: { exit: "configuration", meaning: "a topic or schema is missing: run the command `setup`" },
  SCHEMA_UNKNOWN: { exit: "configuration", meaning: "the registry does not know the schema id" },
  SCHEMA_REFUSED: { exit: "configuration", meaning: "the registry refused a schema as incompatible" },
  RECORD_UNDECODABLE: { exit: "failed", meaning: "the bytes of a record cannot be read with the schema they name" },
  RECORD_TOO_LARGE: { exit: "usage", meaning: "the record is larger than its topic takes" },
  RECORD_REFUSED: { exit: "failed", meaning: "the broker refused a record" },
  CONFLICT: { exit: "failed", meaning: "somebody else was first: look at what is there now, and try again" },
  QUEUE_FULL: { exit: "unavailable", meaning: "a bounded queue has no room left" },
  EGRESS_REFUSED: { exit: "configuration", meaning: "the handler's address is not one the bridge may call" },
  STACK_UNAVAILABLE: { exit: "unavailable", meaning: "no development stack can be started on this machine" },
  INDEX_UNAVAILABLE: {
    exit: "unavailable",
    meaning: "the index of the execution log cannot be used on this machine now",
  },
  CLOSED: { exit: "failed", meaning: "the object was closed before or during the call" },
  TIMED_OUT: { exit: "unavailable", meaning: "a bounded wait ended without its result" },
  INTERNAL: { exit: "failed", meaning: "a defect of this program" },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** An error with a stable code; `cause` keeps the original. Its message says what to do and never holds a secret. */
export class BridgeError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "BridgeError";
    this.code = code;
  }

  /** The exit code a command that ends with this error reports. */
  get exitCode(): number {
    return exitCodes[errorCodes[this.code].exit];
  }
}

/** One thing that is wrong. No part of it repeats a secret. */
export interface Problem {
  /** What it is about: `handlers[2].onFailure`, `kafka.brokers`, a field of the data; null: all of it. */
  readonly path: string | null;
  /** Where that stands, line and column from 1; null where there is no text to point into. */
  readonly place: { readonly file: string; readonly line: number; readonly column: number } | null;
  readonly message: string;
  /** What to do about it, where there is more to say. */
  readonly hint: string | null;
}

/** `handlers.yaml:4:5 handlers[0].evnts: unknown key; did you mean "events"?` */
export function problemText({ path, place, message, hint }: Problem): string {
  const where = place === null ? "" : `${place.file}:${place.line}:${place.column} `;
  return `${where}${path === null ? "" : `${path}: `}${message}${hint === null ? "" : `; ${hint}`}`;
}

/** Several problems found at once, such as all mistakes of one file. */
export class ProblemsError extends BridgeError {
  readonly problems: readonly Problem[];
  /** What besides may not be meant: whoever mends the problems would else hear of it a round later. */
  readonly warnings: readonly string[];

  constructor(code: ErrorCode, headline: string, problems: readonly Problem[], warnings: readonly string[] = []) {
    const lines = [...problems.map(problemText), ...warnings.map((warning) => `warning: ${warning}`)];
    super(code, [headline, ...lines.map((line) => `  - ${line}`)].join("\n"));
    this.name = "ProblemsError";
    this.problems = problems;
    this.warnings = warnings;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
