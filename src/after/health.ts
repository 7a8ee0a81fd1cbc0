import type { Failure } from "../model/failure.ts";

/**
 * Whether it is a handler that is sick, and not the key: from the first call its breaker refused until it takes an event
 * again. While it is, no key is parked for it: all of them wait, and Kafka keeps them.
 */
export class Health {
  readonly #sick = new Set<string>();

  saw(handler: string, failure: Failure | null): void {
    if (failure === null) this.#sick.delete(handler);
    else if (failure.kind === "breaker-open") this.#sick.add(handler);
  }

  isSick(handler: string): boolean {
    return this.#sick.has(handler);
  }
}
