import type { CallTime } from "./call-time.ts";

export type Entry =
  | { readonly kind: "entered"; readonly leave: () => void }
  /** As many wait as may wait. */
  | { readonly kind: "full" }
  /** The call's time ended while it waited. */
  | { readonly kind: "over" };

/** A bounded number of places and a bounded queue before them, first come first served. */
export class Slots {
  /** Each takes the place, or says that it no longer needs it. */
  readonly #waiting = new Set<() => boolean>();
  readonly #queue: number;
  #free: number;

  constructor(places: number, queue: number) {
    this.#free = places;
    this.#queue = queue;
  }

  /** Waits at most for the rest of the call's time. `leave` must be called once; more often does no harm. */
  enter(time: CallTime): Promise<Entry> {
    if (time.over !== undefined) return Promise.resolve({ kind: "over" });
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve(this.#place());
    }
    if (this.#waiting.size >= this.#queue) return Promise.resolve({ kind: "full" });
    return new Promise((resolve) => {
      const turn = () => {
        forget();
        const late = time.remainingMs() === 0;
        resolve(late ? { kind: "over" } : this.#place());
        return !late;
      };
      const forget = time.onOver(() => {
        this.#waiting.delete(turn);
        resolve({ kind: "over" });
      });
      this.#waiting.add(turn);
    });
  }

  #place(): Entry {
    let left = false;
    return {
      kind: "entered",
      leave: () => {
        if (left) return;
        left = true;
        // The place passes on without becoming free, or a newcomer could overtake.
        for (const next of this.#waiting) {
          this.#waiting.delete(next);
          if (next()) return;
        }
        this.#free++;
      },
    };
  }
}
