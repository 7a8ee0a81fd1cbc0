import type { Settings } from "../config/settings.ts";
import type { RunningHandler } from "../handlers/running.ts";
import type { HandlerDefinition } from "../model/handler-log.ts";
import type { Logger } from "../model/logger.ts";
import { definitionReader } from "./load-handlers.ts";
import type { RunningSet, SetMessage } from "./running-set.ts";

/**
 * The sets that come from the other thread, with their conditions compiled here. A handler that is as it was before is the
 * same object, so that what is kept for it is kept.
 */
export class ReceivedSets {
  readonly #read: ReturnType<typeof definitionReader>;
  readonly #logger: Logger;
  #known = new Map<string, { readonly text: string; readonly running: RunningHandler }>();

  constructor(settings: Pick<Settings, "before" | "handlers">, logger: Logger) {
    this.#read = definitionReader(settings);
    this.#logger = logger;
  }

  read({ definitions, pausedGroups, ...rest }: SetMessage): RunningSet {
    const known = new Map<string, { readonly text: string; readonly running: RunningHandler }>();
    for (const { definition, revision, loggedMs } of definitions) {
      const text = JSON.stringify([definition, revision]);
      const before = this.#known.get(definition.id);
      const running = before?.text === text ? before.running : this.#compile(definition, revision, loggedMs);
      if (running !== null) known.set(definition.id, { text, running });
    }
    this.#known = known;
    const handlers = [...known.values()].map(({ running }) => running);
    return { ...rest, handlers, pausedGroups: new Set(pausedGroups) };
  }

  #compile(definition: HandlerDefinition, revision: number, loggedMs: number | null): RunningHandler | null {
    const reading = this.#read(definition);
    if (reading.kind === "usable") return { definition, handler: reading.handler, revision, loggedMs };
    // The other thread has read it with the same settings.
    this.#logger.error({ handler: definition.id }, "internal: a handler that was valid is not in this thread");
    return null;
  }
}
