import type { LoadedHandlers } from "../config/handlers-file.ts";
import { messageOf, type Problem, ProblemsError, problemText } from "../errors.ts";
import { select } from "../handlers/running.ts";
import type { HandlerStore } from "../handlers/store.ts";
import type { Versions } from "../handlers/versions.ts";
import { pause } from "../model/deadline.ts";
import type { HandlerProblem } from "../model/instance-status.ts";
import { Again } from "./again.ts";
import { createHandlerStore, selectionOptions } from "./handler-store.ts";
import { HeldSet, type LiveSet, type RunningSet } from "./running-set.ts";
import type { StageParts } from "./stage.ts";
import { untilItWorks } from "./until-it-works.ts";

/** Where a bridge's handlers come from. */
export interface HandlerSource extends LiveSet {
  /** The log of handlers, for those who show and change it. */
  readonly log: HandlerStore;
  /** Resolves when `current` is what is to be run; waits for brokers and topic as long as it takes. Rejects with CLOSED. */
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

function asRunning({
  handlers,
  definitions,
}: Pick<LoadedHandlers, "handlers" | "definitions">): RunningSet["handlers"] {
  return handlers.map((handler, at) => {
    const definition = definitions[at] ?? { id: handler.id };
    return { handler, definition, revision: -1, loggedMs: null };
  });
}

/** How long a missing log is left alone where it is not needed. Milliseconds. */
const lookAgainMs = 10_000;
const closeMs = 2000;

/**
 * Handlers of the log, as far as this instance can run them; or of the file alone (HANDLERS_MODE=file), with the switches
 * of the log where there is one. Whatever the log says, the last set that could be run goes on.
 */
export function loggedHandlers(parts: StageParts, file: LoadedHandlers | null): HandlerSource {
  return new LoggedHandlers(parts, file);
}

class LoggedHandlers implements HandlerSource {
  readonly log: HandlerStore;
  readonly #parts: StageParts;
  readonly #file: LoadedHandlers | null;
  readonly #held = new HeldSet();
  readonly #stopping = new AbortController();
  readonly #selection;
  /** What the selection was made of that runs now. */
  #selected: { readonly of: Versions; readonly set: Pick<RunningSet, "revision" | "handlers" | "problems"> } | null =
    null;
  readonly #changing = new Again(() => this.#change());

  constructor(parts: StageParts, file: LoadedHandlers | null) {
    const { settings, client, registry, logger, metrics } = parts;
    this.#parts = parts;
    this.#file = file;
    this.#selection = selectionOptions(settings);
    this.log = createHandlerStore({
      ...{ settings, client, registry, logger, selection: this.#selection },
      runProblems: () => this.#held.current.problems,
      onPassedOver: (why) => metrics.handlerRecordsPassedOver.inc({ reason: why }),
      onLog: () => void this.#changing.ask(),
    });
    metrics.observeGauge("handlers_revision", "Offset of the record of handlers that runs; -1: none.", null, () => [
      ["", this.current.revision],
    ]);
    metrics.observeGauge(
      "handlers_problems",
      "What is wrong with the log of handlers or with handlers in it.",
      null,
      () => [["", this.log.problems().length]],
    );
  }

  get current(): RunningSet {
    return this.#held.current;
  }

  onChange(listener: () => void): void {
    this.#held.onChange(listener);
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  get #isFileOnly(): boolean {
    return this.#parts.settings.handlers.mode === "file";
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#isFileOnly) {
      this.#held.replace({ ...this.current, handlers: asRunning(this.#file ?? { handlers: [], definitions: [] }) });
      void this.#watchSwitches();
      return;
    }
    const { logger } = this.#parts;
    await untilItWorks("the log of handlers", logger, signal, () => this.log.start());
    await untilItWorks("the log of handlers", logger, signal, () => this.#seed());
    await this.#changing.ask();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.log.close(closeMs);
    await this.#changing.over();
  }

  /** Fills a log in which nothing was ever written. Of several instances that do it at once one wins. */
  async #seed(): Promise<void> {
    const { definitions = [] } = this.#file ?? {};
    const { revision, versions } = this.log.state;
    if (revision !== -1 || versions.size > 0 || definitions.length === 0) return;
    const changes = definitions.map((definition) => ({ handlerId: definition.id, base: null, definition }));
    const end = await this.log.write({ action: "seed", by: "HANDLERS_FILE", note: null, changes });
    if (end.kind === "refused")
      throw new ProblemsError("HANDLERS_INVALID", "the handlers file cannot fill the log of handlers:", end.problems);
    this.#parts.logger.info({ handlers: changes.length, end: end.kind }, "the log of handlers was empty: seeded");
  }

  /** In file mode the log is for its switches alone: a bridge works without. */
  async #watchSwitches(): Promise<void> {
    const { clock, logger } = this.#parts;
    for (let hasComplained = false; !this.#isStopping(); hasComplained = true) {
      try {
        await this.log.start();
        return;
      } catch (error) {
        if (!hasComplained && !this.#isStopping())
          logger.warn({ detail: messageOf(error) }, "no log of handlers: nothing can be switched while this runs");
      }
      await pause(clock, lookAgainMs, this.#stopping.signal);
    }
  }

  /** Makes `current` what the log says by now. Never rejects. */
  async #change(): Promise<void> {
    if (this.#isStopping()) return;
    try {
      const { switches } = this.log.state;
      const set: RunningSet = {
        ...(this.#isFileOnly ? this.current : await this.#select()),
        pausedGroups: new Set(switches.pausedGroups.keys()),
        bypassUntilMs: switches.bypassBefore?.untilMs ?? null,
        logLevel: switches.logLevel,
      };
      if (this.#isStopping()) return;
      this.#held.replace(set);
      this.log.tell();
    } catch (error) {
      this.#parts.logger.error({ error }, "internal: the handlers could not be changed; those of before go on");
    }
  }

  async #select(): Promise<Pick<RunningSet, "revision" | "handlers" | "problems">> {
    const { state } = this.log;
    if (this.#selected?.of === state.versions) return this.#selected.set;
    const { handlers, refused } = await select(state.versions, this.#selection);
    const problems = [...refused].map(([handler, list]) => problemOf(handler, list));
    const known = new Set(this.current.problems.map(({ problem }) => problem));
    for (const one of problems)
      if (!known.has(one.problem)) this.#parts.logger.warn(one, "a handler does not run here as it was written");
    this.#selected = { of: state.versions, set: { revision: state.revision, handlers, problems } };
    return this.#selected.set;
  }
}

function problemOf(handler: string, list: readonly Problem[]): HandlerProblem {
  return { handler, problem: list.map(problemText).join("; ") };
}
