import { BridgeError } from "../errors.ts";
import type { LetterPosition } from "../kafka/records/replays.ts";
import type { LetterFilter } from "./letter-filter.ts";
import type { OperationParts } from "./letters.ts";
import { selectLetters } from "./select-letters.ts";
import { type ListedLetter, listedLetter } from "./shown-letter.ts";

/** A page of dead letters, newest first. */
export interface LetterPage {
  readonly letters: readonly ListedLetter[];
  /** Where the next page begins; null: this was the last. */
  readonly next: LetterPlace | null;
}

/** Of the last letter of a page; the order is by time of death, then by position. */
export interface LetterPlace {
  readonly deadAt: string;
  readonly at: LetterPosition;
}

interface Placed extends LetterPlace {
  readonly letter: ListedLetter;
}

/**
 * Reads the topic of dead letters for the newest that are meant, after `after`. It has no index: `since` is what makes a
 * question small. Throws as `selectLetters`, and TIMED_OUT when `signal` aborts.
 */
export async function letterPage(
  parts: OperationParts,
  filter: LetterFilter,
  {
    limit,
    after,
    signal,
  }: { readonly limit: number; readonly after: LetterPlace | null; readonly signal: AbortSignal },
): Promise<LetterPage> {
  let newest: Placed[] = [];
  const cut = (): void => {
    newest = newest.sort(byNewest).slice(0, limit + 1);
  };
  for await (const reading of selectLetters(parts, filter)) {
    if (signal.aborted)
      throw new BridgeError("TIMED_OUT", "there are too many dead letters to look through: say `since`");
    if (reading.kind === "unreadable") continue;
    const { at, letter } = reading;
    const placed = { deadAt: letter.deadAt, at, letter: listedLetter(at, letter) };
    if (after !== null && byNewest(placed, after) <= 0) continue;
    newest.push(placed);
    if (newest.length >= 4 * (limit + 1)) cut();
  }
  cut();
  const page = newest.slice(0, limit);
  const last = page.at(-1);
  const next = newest.length > limit && last !== undefined ? { deadAt: last.deadAt, at: last.at } : null;
  return { letters: page.map(({ letter }) => letter), next };
}

function byNewest(left: LetterPlace, right: LetterPlace): number {
  if (left.deadAt !== right.deadAt) return left.deadAt < right.deadAt ? 1 : -1;
  return left.at.partition - right.at.partition || right.at.offset - left.at.offset;
}
