import { watching } from "../before/shadows.ts";
import type { Clock } from "../model/clock.ts";
import { bounded } from "../model/deadline.ts";
import type { BeforeHandler } from "../model/handler.ts";
import type { HandlerProblem } from "../model/instance-status.ts";
import { Again } from "./again.ts";
import { beforeHandlers, emptySet, type LiveSet, type RunningSet } from "./running-set.ts";

/** Who is asked, at one moment. */
export interface Asked {
  readonly handlers: readonly BeforeHandler[];
  /** Those of them that watch some or all clients. */
  readonly shadowing: readonly BeforeHandler[];
  readonly revision: number;
  readonly problems: readonly HandlerProblem[];
}

export interface AskedParts {
  readonly clock: Clock;
  /** What can be done before requests reach new handlers; must not reject. */
  readonly prepare: (handlers: readonly BeforeHandler[]) => Promise<void>;
  /** They are asked from now on. */
  readonly swapped: (asked: Asked) => void;
}

/** A change waits no longer than this for what is prepared for it: the registry may be away. Milliseconds. */
const prepareMs = 300;
const firstPrepareMs = 10_000;

/**
 * The before handlers as they change: first whatever can be prepared is, then the list is replaced as a whole. Requests
 * never wait for it: until then they are decided by the list of before.
 */
export class AskedHandlers {
  readonly #live: LiveSet;
  readonly #parts: AskedParts;
  #current: Asked = askedOf(emptySet);
  readonly #changing = new Again(() => this.#change());
  /** Before the first requests come there is time. */
  #prepareMs = firstPrepareMs;
  #isStopped = false;

  constructor(live: LiveSet, parts: AskedParts) {
    this.#live = live;
    this.#parts = parts;
  }

  get current(): Asked {
    return this.#current;
  }

  /** Resolves when the handlers of now are asked; from then on changes are followed. */
  async start(): Promise<void> {
    this.#live.onChange(() => void this.#changing.ask());
    await this.#changing.ask();
    this.#prepareMs = prepareMs;
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #change(): Promise<void> {
    const asked = askedOf(this.#live.current);
    const known = new Set(this.#current.handlers);
    const added = asked.handlers.filter((handler) => !known.has(handler));
    if (added.length > 0) await bounded(this.#parts.prepare(added), this.#prepareMs, this.#parts.clock);
    if (this.#isStopped) return;
    this.#current = asked;
    const isSame = added.length === 0 && known.size === asked.handlers.length;
    if (!isSame) this.#parts.swapped(asked);
  }
}

function askedOf(set: RunningSet): Asked {
  const handlers = beforeHandlers(set);
  return { handlers, shadowing: watching(handlers), revision: set.revision, problems: set.problems };
}
