import type { BreakerObserver, BreakerTurn, Pool } from "../model/breaker-state.ts";
import type { Clock } from "../model/clock.ts";
import type { Handler } from "../model/handler.ts";
import type { BreakerStanding } from "../model/instance-status.ts";
import type { Occupancy } from "../model/occupancy.ts";
import { afterBreaker, Breaker, beforeBreaker } from "./breaker.ts";
import { Bulkhead } from "./bulkhead.ts";
import { defaultGuardLimits, type GuardLimits } from "./limits.ts";
import { RateLine } from "./rate-line.ts";
import { SlowStart } from "./slow-start.ts";

export interface GuardsOptions {
  readonly pool: Pool;
  /** The pool's handlers to begin with: the places for scripts are shared out among them. */
  readonly handlers: readonly Handler[];
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly observer: BreakerObserver;
  readonly limits?: Partial<GuardLimits>;
}

/** What stands in front of the calls of one handler. */
export interface Guard {
  /** What is called, and how often it may be; a handler of which that has changed starts anew. */
  readonly target: string;
  readonly breaker: Breaker;
  readonly bulkhead: Bulkhead;
  readonly slowStart: SlowStart;
  /** Null: no rate limit. */
  readonly line: RateLine | null;
  /** Under way, or waiting. */
  calls: number;
}

/** The guards of a pool's handlers, made at a handler's first call, and of former handlers as long as their calls last. */
export class Guards {
  readonly #options: GuardsOptions;
  readonly #limits: GuardLimits;
  #handlers: readonly Handler[];
  readonly #guards = new Map<string, Guard>();
  /** Of what a handler was, or of one that is gone, by target: for calls that began with it and come late. */
  readonly #former = new Map<string, Guard>();
  /** The targets of the pool's handlers; null: nobody has named them, and whoever is called is one. */
  #targets: ReadonlyMap<string, string> | null = null;

  constructor(options: GuardsOptions) {
    this.#options = options;
    this.#limits = { ...defaultGuardLimits, ...options.limits };
    this.#handlers = options.handlers;
  }

  /** These are the pool's handlers from now on. Returns the ids of those that are gone, or called elsewhere, whose guard is dropped. */
  use(handlers: readonly Handler[]): readonly string[] {
    this.#handlers = handlers;
    const targets = new Map(handlers.map((handler) => [handler.id, targetOf(handler)]));
    this.#targets = targets;
    const dropped = [...this.#guards].flatMap(([id, { target }]) => (targets.get(id) === target ? [] : [id]));
    for (const id of dropped) this.drop(id);
    for (const handler of handlers) this.#guards.get(handler.id)?.slowStart.resize(this.#placesOf(handler));
    return dropped;
  }

  drop(handlerId: string): void {
    this.#guards.delete(handlerId);
  }

  of(handler: Handler): Guard {
    const { id } = handler;
    const target = targetOf(handler);
    const isFormer = !this.#isOfPool(id, target);
    const known = isFormer ? this.#former.get(target) : this.#guards.get(id);
    if (known?.target === target) return known;
    const guard = this.#made(handler, target);
    if (isFormer) this.#former.set(target, guard);
    else this.#guards.set(id, guard);
    return guard;
  }

  /** A guard's last call has ended: one that is no more of the pool is dropped. True when nothing of its handler is left. */
  idle(handlerId: string, { target }: Guard): boolean {
    if (this.#isOfPool(handlerId, target)) return false;
    this.#former.delete(target);
    return this.#targets?.has(handlerId) !== true;
  }

  /** This moment of every handler, also of those that were never called. */
  occupancy(): readonly Occupancy[] {
    const ids = new Set([...this.#handlers.map(({ id }) => id), ...this.#guards.keys()]);
    return [...ids].map((handler) => {
      const guard = this.#guards.get(handler);
      const { taken = 0, waiting = 0 } = guard?.bulkhead ?? {};
      return { handler, inFlight: taken, queued: waiting, rateLimited: guard?.line?.waiting ?? 0 };
    });
  }

  /** Those that are not closed. */
  breakers(): readonly BreakerStanding[] {
    const { pool } = this.#options;
    return [...this.#guards].flatMap(([handler, { breaker }]) =>
      breaker.state === "closed" ? [] : [{ handler, pool, state: breaker.state }],
    );
  }

  #made(handler: Handler, target: string): Guard {
    const { id, rateLimit } = handler;
    const { clock, observer, pool, random } = this.#options;
    const places = this.#placesOf(handler);
    const bulkhead = new Bulkhead(places, this.#limits.queue);
    const slowStart = new SlowStart(bulkhead, places);
    const turned = (turn: Omit<BreakerTurn, "pool" | "handler">): void => {
      // Before the event nothing has waited, and nobody could.
      if (pool === "after" && turn.to === "closed") slowStart.begin();
      // Of one that is gone nothing is shown any more.
      if (this.#isOfPool(id, target)) observer({ ...turn, pool, handler: id });
    };
    return {
      ...{ target, bulkhead, slowStart, calls: 0 },
      breaker: new Breaker(pool === "after" ? afterBreaker : beforeBreaker, clock, random, turned),
      line: rateLimit === undefined ? null : new RateLine(rateLimit, clock),
    };
  }

  #isOfPool(id: string, target: string): boolean {
    return this.#targets === null || this.#targets.get(id) === target;
  }

  #placesOf({ inFlight, task }: Handler): number {
    if (inFlight !== undefined) return inFlight;
    if (task.kind === "http") return this.#limits.inFlight;
    const { leastScripts, scripts } = this.#limits;
    const sharers = this.#handlers.filter(({ status, task: { kind } }) => status !== "archived" && kind === "script");
    return Math.max(leastScripts, Math.floor(scripts / Math.max(1, sharers.length)));
  }
}

const knownTargets = new WeakMap<Handler, string>();

function targetOf(handler: Handler): string {
  const known = knownTargets.get(handler);
  if (known !== undefined) return known;
  const { id, inFlight, rateLimit, task } = handler;
  const target = JSON.stringify([id, task.kind === "http" ? task.url : task.path, rateLimit, inFlight]);
  knownTargets.set(handler, target);
  return target;
}
