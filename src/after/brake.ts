import type { Clock, Timer } from "../model/clock.ts";
import type { Limits } from "./limits.ts";
import type { AfterObserver } from "./ports.ts";

/**
 * Keeps a group from draining its topics into the dead letters: a handler that refuses event after event is more likely
 * broken than they are.
 *
 *   off ──`brakeAfter` dead letters in a row of one handler──► on: one turn at a time, each after a wait that doubles
 *    ▲                                                          │
 *    └──────────────── that handler takes an event ◄────────────┘
 *
 * What cannot be read counts as a handler of its own, which any delivery lets go. Nothing is lost while it is on: the
 * events wait, and the log keeps them.
 */
export class Brake {
  readonly #group: string;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #observer: AfterObserver;
  /** Called when a turn may be tried again. */
  readonly #go: () => void;
  readonly #inARow = new Map<string | null, number>();
  readonly #stopped = new Set<string | null>();
  #nextMs = 0;
  #waitMs = 0;
  #timer: Timer | null = null;

  constructor(parts: { group: string; clock: Clock; limits: Limits; observer: AfterObserver }, go: () => void) {
    this.#group = parts.group;
    this.#clock = parts.clock;
    this.#limits = parts.limits;
    this.#observer = parts.observer;
    this.#go = go;
  }

  get on(): boolean {
    return this.#stopped.size > 0;
  }

  delivered(handler: string): void {
    for (const cause of [handler, null]) {
      this.#inARow.delete(cause);
      if (this.#stopped.delete(cause)) this.#observer.released(this.#group, cause);
    }
    if (!this.on) this.close();
  }

  /** `handler`: null where none was reached. */
  deadLettered(handler: string | null): void {
    const letters = (this.#inARow.get(handler) ?? 0) + 1;
    this.#inARow.set(handler, letters);
    if (letters < this.#limits.brakeAfter || this.#stopped.has(handler)) return;
    if (!this.on) this.#waitFor(this.#limits.brakeWaitMs);
    this.#stopped.add(handler);
    this.#observer.braked(this.#group, handler, letters);
  }

  /** Whether another turn may begin now; it does then. If not, `go` is called when one may. */
  lets(running: number): boolean {
    if (!this.on) return true;
    const leftMs = this.#nextMs - this.#clock.monotonicMs();
    if (leftMs <= 0 && running === 0) {
      this.#waitFor(Math.min(this.#waitMs * 2, this.#limits.brakeLongestMs));
      return true;
    }
    // A turn under way asks again when it ends.
    if (leftMs > 0) {
      this.#timer ??= this.#clock.after(leftMs, () => {
        this.#timer = null;
        this.#go();
      });
    }
    return false;
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #waitFor(ms: number): void {
    this.#waitMs = ms;
    this.#nextMs = this.#clock.monotonicMs() + ms;
  }
}
