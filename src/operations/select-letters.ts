import { createReader } from "../kafka/records/reader.ts";
import { isMeant, type LetterFilter } from "./letter-filter.ts";
import { type LetterReading, letterRanges, type OperationParts, readLetters } from "./letters.ts";

/**
 * The dead letters that are meant, partition by partition, and whatever cannot be read (nobody knows what it is).
 * Throws as `readLetters`.
 */
export async function* selectLetters(
  parts: OperationParts,
  filter: LetterFilter,
): AsyncGenerator<LetterReading, void, void> {
  const reader = createReader({ registry: parts.registry });
  // Nobody's clock is ahead of itself: what died since then was also written since then.
  const ranges = await letterRanges(parts, filter.sinceMs ?? null);
  for await (const reading of readLetters(parts, ranges)) {
    if (reading.kind === "unreadable" || (await isMeant(reading.letter, filter, reader))) yield reading;
  }
}

/** The newest of what is added, by a time in ISO 8601; holds at most twice as many as are wanted. */
export class Newest<T extends { readonly deadAt: string }> {
  readonly #most: number;
  #items: T[] = [];
  added = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(item: T): void {
    this.added++;
    this.#items.push(item);
    if (this.#items.length >= 2 * this.#most) this.#cut();
  }

  /** Newest first. */
  all(): readonly T[] {
    this.#cut();
    return this.#items;
  }

  #cut(): void {
    this.#items.sort((left, right) => (left.deadAt < right.deadAt ? 1 : left.deadAt > right.deadAt ? -1 : 0));
    this.#items.length = Math.min(this.#items.length, this.#most);
  }
}
