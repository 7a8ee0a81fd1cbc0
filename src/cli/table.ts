/** A plain text table: columns as wide as their widest cell, long cells wrapped at `widths`. */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  widths: readonly number[] = [],
): string {
  const wrapped = [headings, ...rows].map((row) => headings.map((_, at) => wrap(row[at] ?? "", widths[at] ?? 60)));
  const columns = headings.map((_, at) =>
    Math.max(...wrapped.map((row) => Math.max(...(row[at] ?? [""]).map((line) => line.length)))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => cell.padEnd(columns[at] ?? 0))
      .join("  ")
      .trimEnd();
  const rendered = wrapped.map((row) => {
    const height = Math.max(...row.map((cell) => cell.length));
    return Array.from({ length: height }, (_, at) => line(row.map((cell) => cell[at] ?? ""))).join("\n");
  });
  const [head = "", ...body] = rendered;
  return [head, line(columns.map((width) => "-".repeat(width))), ...body].join("\n");
}

function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((paragraph) => wrapLine(paragraph, width));
}

function wrapLine(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    const cut = space > 0 ? space : width;
    lines.push(rest.slice(0, cut));
    rest = rest.slice(space > 0 ? cut + 1 : cut);
  }
  return [...lines, rest];
}
