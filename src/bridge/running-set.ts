import type { RunningHandler } from "../handlers/running.ts";
import type { AfterHandler, BeforeHandler } from "../model/handler.ts";
import type { HandlerDefinition } from "../model/handler-log.ts";
import type { HandlerProblem } from "../model/instance-status.ts";
import type { LogLevel } from "../model/logger.ts";

/** What a bridge runs, and what operators have set, at one moment. Replaced whole, never changed. */
export interface RunningSet {
  /** Of the log of handlers; -1: they are no log's. */
  readonly revision: number;
  readonly handlers: readonly RunningHandler[];
  readonly problems: readonly HandlerProblem[];
  readonly pausedGroups: ReadonlySet<string>;
  /** Until then nobody is asked, milliseconds since 1970; null: not set. */
  readonly bypassUntilMs: number | null;
  /** Null: as LOG_LEVEL says. */
  readonly logLevel: LogLevel | null;
}

/** The set of the moment, and when it is another. */
export interface LiveSet {
  readonly current: RunningSet;
  /** The listener must return at once. */
  onChange(listener: () => void): void;
}

export const emptySet: RunningSet = {
  revision: -1,
  handlers: [],
  problems: [],
  pausedGroups: new Set(),
  bypassUntilMs: null,
  logLevel: null,
};

export function beforeHandlers({ handlers }: RunningSet): readonly BeforeHandler[] {
  return handlers.flatMap(({ handler }) => (handler.stage === "before" ? [handler] : []));
}

export interface RunningAfter {
  readonly handler: AfterHandler;
  readonly loggedMs: number | null;
}

export function afterHandlers({ handlers }: RunningSet): readonly RunningAfter[] {
  return handlers.flatMap(({ handler, loggedMs }) => (handler.stage === "after" ? [{ handler, loggedMs }] : []));
}

/** Holds a set, and tells when it is replaced. */
export class HeldSet implements LiveSet {
  readonly #listeners: (() => void)[] = [];
  #current: RunningSet = emptySet;

  get current(): RunningSet {
    return this.#current;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  replace(set: RunningSet): void {
    this.#current = set;
    for (const listener of this.#listeners) listener();
  }
}

/** A set on its way to another thread, where conditions cannot go as they are compiled. */
export interface SetMessage extends Omit<RunningSet, "handlers" | "pausedGroups"> {
  readonly definitions: readonly {
    readonly definition: HandlerDefinition;
    readonly revision: number;
    readonly loggedMs: number | null;
  }[];
  readonly pausedGroups: readonly string[];
}

export function toMessage({ handlers, pausedGroups, ...rest }: RunningSet): SetMessage {
  const definitions = handlers.map(({ definition, revision, loggedMs }) => ({ definition, revision, loggedMs }));
  return { ...rest, definitions, pausedGroups: [...pausedGroups] };
}
