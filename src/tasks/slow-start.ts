import type { Bulkhead } from "./bulkhead.ts";

/** Calls at once with which a handler that is back begins. */
const first = 4;

/**
 * A handler that was down meets everything that has waited meanwhile. So once its breaker has closed it is not called as
 * often as it may be, but a few times at once, and once more for each call that succeeds: about twice as many each round,
 * until all of its places are used. What fails adds nothing.
 */
export class SlowStart {
  readonly #bulkhead: Bulkhead;
  #places: number;
  /** Places that may be used now; null: all. */
  #limit: number | null = null;

  constructor(bulkhead: Bulkhead, places: number) {
    this.#bulkhead = bulkhead;
    this.#places = places;
  }

  /** The handler is back. */
  begin(): void {
    this.#limit = first;
    this.#apply();
  }

  succeeded(): void {
    if (this.#limit === null) return;
    this.#limit++;
    this.#apply();
  }

  /** The handler has another number of places. */
  resize(places: number): void {
    this.#places = places;
    this.#apply();
  }

  #apply(): void {
    if (this.#limit !== null && this.#limit >= this.#places) this.#limit = null;
    this.#bulkhead.resize(this.#limit ?? this.#places);
  }
}
