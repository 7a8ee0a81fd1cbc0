/**
 * What is under way, each in a place of its own: as a Set, for what comes and goes ten thousand times a second. A Set then makes a
 * new table every few dozen times, and V8 keeps the old ones, with all that was in them, alive through each other once one of them
 * has grown old.
 */
export class Slots<T> {
  readonly #held: (T | null)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#held.length - this.#free.length;
  }

  /** Returns its place, by which it is removed. */
  add(one: T): number {
    const place = this.#free.pop() ?? this.#held.length;
    this.#held[place] = one;
    return place;
  }

  /** Once for each that was added. */
  remove(place: number): void {
    this.#held[place] = null;
    this.#free.push(place);
  }

  /** All there are now, whoever goes meanwhile. */
  all(): readonly T[] {
    return this.#held.filter((one) => one !== null);
  }
}
