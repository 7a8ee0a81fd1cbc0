import { createHash } from "node:crypto";

/** Full text: which words a text is found by, and what is asked of FTS5. */

const known = new Map<string, string>();
const mostKnown = 5000;

/** A filter's value as one word that no text holds by chance. */
export function tag(filter: string, value: string): string {
  const text = `${filter} ${value}`;
  let word = known.get(text);
  if (word === undefined) {
    word = `zq${createHash("sha1").update(text).digest("hex").slice(0, 14)}`;
    if (known.size >= mostKnown) known.clear();
    known.set(text, word);
  }
  return word;
}

/** The words of a search, as FTS5 splits them; an entry is found when it holds them all. */
export function wordsOf(text: string): readonly string[] {
  return [
    ...new Set(
      text
        .normalize("NFC")
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu) ?? [],
    ),
  ].slice(0, 20);
}

export function matchOf(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(" AND ");
}
