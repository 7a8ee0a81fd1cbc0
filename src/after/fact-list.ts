import type { Fact } from "./fact.ts";

/** Facts of one key in their order; a fact stands in one such list at a time. */
export class FactList {
  #first: Fact | null = null;
  #last: Fact | null = null;
  #beforeLast: Fact | null = null;
  #count = 0;

  get first(): Fact | null {
    return this.#first;
  }

  get last(): Fact | null {
    return this.#last;
  }

  get count(): number {
    return this.#count;
  }

  push(fact: Fact): void {
    if (this.#last === null) this.#first = fact;
    else this.#last.nextInLane = fact;
    this.#beforeLast = this.#last;
    this.#last = fact;
    this.#count++;
  }

  /** Takes the first fact off. */
  shift(): Fact | null {
    const first = this.#first;
    if (first === null) return null;
    this.#first = first.nextInLane;
    first.nextInLane = null;
    if (this.#first === null) this.#last = null;
    if (this.#first === this.#last) this.#beforeLast = null;
    this.#count--;
    return first;
  }

  /** Takes the last fact off and puts another in its place. */
  replaceLast(fact: Fact): void {
    if (this.#beforeLast === null) this.#first = fact;
    else this.#beforeLast.nextInLane = fact;
    if (this.#last === null) this.#count++;
    this.#last = fact;
  }

  *[Symbol.iterator](): Generator<Fact> {
    for (let fact = this.#first; fact !== null; fact = fact.nextInLane) yield fact;
  }
}
