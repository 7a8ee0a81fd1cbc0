import { printable } from "./printable.ts";

/** To fit the page a column is made no narrower than its longest word, but words longer than this are cut. */
const longestWord = 30;
const gap = 2;

/** The rule under the last column; the cells of the others have something to stand above. */
const longestRule = 40;

/**
 * A plain text table. On a page it is at most so many characters wide: the widest columns are wrapped first, between words
 * where there are any, and a table that cannot be made that narrow becomes a list of records. Without one (null: a pipe, a
 * file) each row is one line, however long, as `grep` and `awk` want it. A cell may hold several lines.
 */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  page: number | null = pageWidth(),
): string {
  const lines = [headings, ...rows].map((row) => headings.map((_, at) => linesOf(row[at] ?? "", page)));
  const columns = headings.map((_, at) => lines.flatMap((row) => row[at] ?? []));
  const widths = page === null ? columns.map(longest) : fit(columns, page);
  if (widths === null) return records(headings, rows, page ?? 0);
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join(" ".repeat(gap))
      .trimEnd();
  const rules = widths.map((width, at) => (at === widths.length - 1 ? Math.min(width, longestRule) : width));
  const [head = "", ...body] = lines.map((row) => {
    const wrapped = row.map((cell, at) => cell.flatMap((text) => wrap(text, widths[at] ?? longestWord)));
    const height = Math.max(...wrapped.map((cell) => cell.length));
    return Array.from({ length: height }, (_, at) => line(wrapped.map((cell) => cell[at] ?? ""))).join("\n");
  });
  return [head, line(rules.map((width) => "-".repeat(width))), ...body].join("\n");
}

/** Of standard output: a terminal's own; null where it is none. */
export function pageWidth(): number | null {
  // A terminal that does not tell has 0 columns.
  return process.stdout.isTTY ? Math.max(process.stdout.columns || 80, 40) : null;
}

function linesOf(cell: string, page: number | null): readonly string[] {
  const lines = cell.split("\n").map(printable);
  return page === null ? [lines.join("; ")] : lines;
}

/** Each row as lines of `heading  cell`, without those that are empty. */
function records(headings: readonly string[], rows: readonly (readonly string[])[], page: number): string {
  const label = longest(headings);
  return rows
    .map((row) =>
      headings
        .flatMap((heading, at) => {
          const cell = row[at] ?? "";
          if (cell === "") return [];
          const wrapped = linesOf(cell, page).flatMap((text) => wrap(text, Math.max(page - label - gap, longestWord)));
          return wrapped.map((text, line) => (line === 0 ? heading : "").padEnd(label + gap) + text);
        })
        .join("\n"),
    )
    .join("\n\n");
}

/** The widths with which it fits the page; null: none do. */
function fit(columns: readonly (readonly string[])[], page: number): readonly number[] | null {
  const widths = columns.map(longest);
  const floors = columns.map((lines) => Math.min(longestWord, longest(lines.flatMap((text) => text.split(" ")))));
  const spare = (at: number): number => (widths[at] ?? 0) - (floors[at] ?? 0);
  for (let over = widths.reduce((sum, width) => sum + width + gap, -gap) - page; over > 0; over--) {
    const shrinkable = widths.map((width, at) => (spare(at) > 0 ? width : 0));
    const widest = shrinkable.indexOf(Math.max(...shrinkable));
    if (spare(widest) <= 0) return null;
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
