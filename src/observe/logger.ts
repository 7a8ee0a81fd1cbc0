import pino from "pino";
import type { Logger } from "../model/logger.ts";

export interface LoggerOptions {
  readonly level: string;
  /** Names this process in every line, such as the stage it serves. */
  readonly base?: Readonly<Record<string, string>>;
  /** Where lines go; default: standard output. */
  readonly destination?: { write(line: string): void };
  /**
   * What a reader of standard output that stands still does: with `wait` this thread stands still too and no line is lost,
   * with `drop` lines are lost past 8 MiB [wait]. The thread that decides must not wait for whoever reads its log.
   */
  readonly whenStalled?: "wait" | "drop";
}

/** Its level can be set while it is used. */
export interface LeveledLogger extends Logger {
  level: string;
}

const maxBufferedBytes = 8 * 1024 * 1024;

/** Names under which a secret could travel in a log's fields; values are cut by pino, whatever their depth of one. */
const secretPaths = [
  "password",
  "*.password",
  "secret",
  "*.secret",
  "sasl",
  "*.sasl",
  "authorization",
  "*.authorization",
];

/** JSON lines, one an occurrence, `error` fields with their stack and stable code. */
export function createLogger(options: LoggerOptions): LeveledLogger {
  return pino(
    {
      level: options.level,
      base: options.base ?? {},
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
      redact: { paths: secretPaths, censor: "***" },
    },
    options.destination ?? standardOutput(options.whenStalled ?? "wait"),
  );
}

function standardOutput(whenStalled: "wait" | "drop"): pino.DestinationStream {
  if (whenStalled === "wait") return pino.destination({ dest: 1, sync: true });
  return pino.destination({ dest: 1, sync: false, maxLength: maxBufferedBytes });
}
