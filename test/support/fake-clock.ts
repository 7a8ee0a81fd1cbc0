import type { Clock, Timer } from "../../src/model/clock.ts";

interface Pending {
  readonly atMs: number;
  readonly order: number;
  readonly then: () => void;
}

/**
 * A clock that stands still until it is told to move. Timers fire in the order of their time, then of their creation;
 * between any two of them everything that was resolved has run, as it would on a real event loop.
 */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #epochAtStartMs: number;
  readonly #startMs: number;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(options: { monotonicMs?: number; epochMs?: number } = {}) {
    this.#startMs = options.monotonicMs ?? 1000;
    this.#nowMs = this.#startMs;
    this.#epochAtStartMs = options.epochMs ?? Date.UTC(2026, 0, 1);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return this.#epochAtStartMs + (this.#nowMs - this.#startMs);
  }

  after(ms: number, then: () => void): Timer {
    const entry: Pending = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, then };
    this.#pending.add(entry);
    return { cancel: () => void this.#pending.delete(entry) };
  }

  /** How many timers wait: a component that was closed must leave none. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Time passes without the event loop turning: what a long synchronous computation does. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }

  /** Lets `ms` pass, firing every timer that falls due on the way. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settled();
    for (let next = this.#next(); next !== undefined && next.atMs <= untilMs; next = this.#next()) {
      this.#pending.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.then();
      await settled();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Moves on, timer by timer, until `promise` is settled; fails when nothing is left that could settle it. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const pending = new Set<unknown>([promise]);
    const finish = (): void => void pending.delete(promise);
    promise.then(finish, finish);
    await settled();
    while (pending.size > 0) {
      const next = this.#next();
      if (next === undefined) throw new Error("the promise cannot settle: no timer is left");
      await this.advance(Math.max(0, next.atMs - this.#nowMs));
    }
    return promise;
  }

  #next(): Pending | undefined {
    let first: Pending | undefined;
    for (const entry of this.#pending) {
      if (first === undefined || entry.atMs < first.atMs || (entry.atMs === first.atMs && entry.order < first.order)) {
        first = entry;
      }
    }
    return first;
  }
}

/** Everything already resolved has run: microtasks drain before an immediate fires. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
