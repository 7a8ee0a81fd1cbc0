/** To fit the page a column is made no narrower than its longest word, but words longer than this are cut. */
const longestWord = 30;
const gap = 2;

/**
 * A plain text table, at most `pageWidth` characters wide: the widest columns are wrapped first, between words where
 * there are any. A cell may hold several lines.
 */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  pageWidth: number = defaultPageWidth(),
): string {
  const cells = [headings, ...rows].map((row) => headings.map((_, at) => (row[at] ?? "").split("\n")));
  const columns = headings.map((_, at) => cells.flatMap((row) => row[at] ?? []));
  const widths = fit(columns, pageWidth);
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join(" ".repeat(gap))
      .trimEnd();
  const [head = "", ...body] = cells.map((row) => {
    const wrapped = row.map((lines, at) => lines.flatMap((text) => wrap(text, widths[at] ?? longestWord)));
    const height = Math.max(...wrapped.map((lines) => lines.length));
    return Array.from({ length: height }, (_, at) => line(wrapped.map((lines) => lines[at] ?? ""))).join("\n");
  });
  return [head, line(widths.map((width) => "-".repeat(width))), ...body].join("\n");
}

/** A terminal's own width; elsewhere what fits most pages. */
function defaultPageWidth(): number {
  return process.stdout.isTTY ? Math.max(process.stdout.columns, 60) : 140;
}

function fit(columns: readonly (readonly string[])[], pageWidth: number): readonly number[] {
  const widths = columns.map(longest);
  const floors = columns.map((lines) => Math.min(longestWord, longest(lines.flatMap((text) => text.split(" ")))));
  const spare = (at: number): number => (widths[at] ?? 0) - (floors[at] ?? 0);
  for (let over = widths.reduce((sum, width) => sum + width + gap, -gap) - pageWidth; over > 0; over--) {
    const shrinkable = widths.map((width, at) => (spare(at) > 0 ? width : 0));
    const widest = shrinkable.indexOf(Math.max(...shrinkable));
    if (spare(widest) <= 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function longest(lines: readonly string[]): number {
  return Math.max(0, ...lines.map((text) => text.length));
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    lines.push(rest.slice(0, space > 0 ? space : width));
    rest = rest.slice(space > 0 ? space + 1 : width);
  }
  return [...lines, rest];
}
