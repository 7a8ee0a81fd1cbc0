import { statSync } from "node:fs";
import type { HandlerLog, Registered } from "../../admin/ports.ts";
import type { HandlerDefinition } from "../../model/handler-log.ts";

/** Of everything in the file: it has no history. */
const revision = 0;

/** The handlers of the file, where it is the only source (HANDLERS_MODE=file): to be seen, and changed there. Switches are of the log. */
export class FileLog implements HandlerLog {
  readonly readOnly: string;
  readonly #log: HandlerLog;
  readonly #all: ReturnType<HandlerLog["all"]>;

  constructor(file: string, definitions: readonly HandlerDefinition[], log: HandlerLog) {
    this.readOnly = log.readOnly ?? `the handlers are those of ${file}`;
    this.#log = log;
    const changedAt = statSync(file).mtime.toISOString();
    const rows = definitions.map((definition): [string, Registered] => [
      definition.id,
      { definition, revision, changedAt, changedBy: "HANDLERS_FILE" },
    ]);
    this.#all = { revision, handlers: new Map(rows) };
  }

  all(): ReturnType<HandlerLog["all"]> {
    return this.#all;
  }

  switches(): ReturnType<HandlerLog["switches"]> {
    return this.#log.switches();
  }

  problems(): ReturnType<HandlerLog["problems"]> {
    return [];
  }

  onChange(listener: () => void): () => void {
    return this.#log.onChange(listener);
  }

  history(handlerId: string): ReturnType<HandlerLog["history"]> {
    const found = this.#all.handlers.get(handlerId);
    if (found === undefined) return Promise.resolve([]);
    const { definition, changedAt: at, changedBy: by } = found;
    return Promise.resolve([{ revision, write: { id: "file", action: "seed", by, at, note: null }, definition }]);
  }

  write(): ReturnType<HandlerLog["write"]> {
    const problem = { path: null, place: null, message: this.readOnly, hint: null };
    return Promise.resolve({ kind: "refused", problems: [problem] });
  }

  set(...change: Parameters<HandlerLog["set"]>): Promise<void> {
    return this.#log.set(...change);
  }
}
