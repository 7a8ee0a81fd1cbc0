/** Lines of two texts side by side: what went, what came, what stayed. */
export interface DiffLine {
  readonly kind: "same" | "gone" | "new";
  readonly text: string;
}

/** By the longest common subsequence; definitions have some dozens of lines, and past `most` it is not tried. */
export function diffLines(before: string, after: string, most = 2000): readonly DiffLine[] {
  const left = before.split("\n");
  const right = after.split("\n");
  if (left.length > most || right.length > most) {
    return [
      ...left.map((text): DiffLine => ({ kind: "gone", text })),
      ...right.map((text): DiffLine => ({ kind: "new", text })),
    ];
  }
  const lengths = commonLengths(left, right);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const [a, b] = [left[i], right[j]];
    if (a !== undefined && a === b) {
      lines.push({ kind: "same", text: a });
      i += 1;
      j += 1;
    } else if (a !== undefined && (b === undefined || (lengths[i + 1]?.[j] ?? 0) >= (lengths[i]?.[j + 1] ?? 0))) {
      lines.push({ kind: "gone", text: a });
      i += 1;
    } else {
      lines.push({ kind: "new", text: b ?? "" });
      j += 1;
    }
  }
  return lines;
}

function commonLengths(left: readonly string[], right: readonly string[]): readonly Uint16Array[] {
  const lengths = Array.from({ length: left.length + 1 }, () => new Uint16Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; i--) {
    const [row, below] = [lengths[i], lengths[i + 1]];
    for (let j = right.length - 1; row !== undefined && j >= 0; j--) {
      row[j] = left[i] === right[j] ? (below?.[j + 1] ?? 0) + 1 : Math.max(below?.[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return lengths;
}
