/** `did you mean "x"?` for the known word nearest to `word`; null when none is near. */
export function didYouMean(word: string, known: readonly string[]): string | null {
  // Only words of a plausible length are compared: the effort grows with the product of both lengths.
  const near = word.length > 64 ? undefined : nearest(word, known);
  return near === undefined ? null : `did you mean "${near}"?`;
}

function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  // Two letters swapped are two edits: short words get that much, long ones a third of their letters.
  let bestDistance = Math.max(word.length > 3 ? 2 : 1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let i = 1; i <= left.length; i++) {
    const current = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
