import type { CallTime } from "./call-time.ts";

export interface Place {
  readonly kind: "entered";
  /** Must be called once; more often does no harm. */
  readonly leave: () => void;
}

export type Entry =
  | Place
  /** As many wait as may wait. */
  | { readonly kind: "full" }
  /** The call's time ended while it waited. */
  | { readonly kind: "over" };

/** A bounded number of places and a bounded queue before them, first come first served. */
export class Bulkhead {
  /** Each takes the place, or says that it no longer needs it. */
  readonly #waiting = new Set<() => boolean>();
  #places: number;
  readonly #queue: number;
  #free: number;

  constructor(places: number, queue: number) {
    this.#places = places;
    this.#free = places;
    this.#queue = queue;
  }

  /** Another number of places. Where it is smaller than what is taken, places are given up as they come free. */
  resize(places: number): void {
    this.#free += places - this.#places;
    this.#places = places;
    for (const next of this.#waiting) {
      if (this.#free <= 0) return;
      this.#waiting.delete(next);
      if (next()) this.#free--;
    }
  }

  /** Places that are taken. */
  get taken(): number {
    return this.#places - this.#free;
  }

  /** How many wait for a place. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** A place, if one is free now. Nobody is overtaken: a place comes free only when nobody waits for it. */
  tryEnter(): Place | null {
    if (this.#free <= 0) return null;
    this.#free--;
    return this.#place();
  }

  /** Waits at most for the rest of the call's time. */
  enter(time: CallTime): Promise<Entry> {
    if (time.over !== undefined) return Promise.resolve({ kind: "over" });
    const place = this.tryEnter();
    if (place !== null) return Promise.resolve(place);
    if (this.#waiting.size >= this.#queue) return Promise.resolve({ kind: "full" });
    return new Promise((resolve) => {
      const turn = () => {
        time.forget(end);
        const late = time.remainingMs() === 0;
        resolve(late ? { kind: "over" } : this.#place());
        return !late;
      };
      const end = () => {
        this.#waiting.delete(turn);
        resolve({ kind: "over" });
      };
      time.onOver(end);
      this.#waiting.add(turn);
    });
  }

  #place(): Place {
    let left = false;
    return {
      kind: "entered",
      leave: () => {
        if (left) return;
        left = true;
        if (this.#free < 0) {
          this.#free++;
          return;
        }
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
