import type { ComponentChildren, JSX } from "preact";

export interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => ComponentChildren;
  /** Numbers stand to the right. */
  readonly number?: boolean;
  /** Left out where there is little room. */
  readonly wide?: boolean;
  /** On a card it takes the whole width. */
  readonly full?: boolean;
  /** The cell that names the row. */
  readonly head?: boolean;
}

/**
 * A table that becomes a list of cards on a phone. The roles are written out, because changing `display` takes them away in
 * some browsers.
 */
export function Table<T>({
  label,
  columns,
  rows,
  id,
  tone,
  dense = false,
}: {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly id: (row: T) => string;
  /** Many short values: three beside each other on a card. */
  readonly dense?: boolean;
  readonly tone?: (row: T) => string | undefined;
}): JSX.Element {
  return (
    <div class={dense ? "table-box dense" : "table-box"}>
      <table role="table" aria-label={label}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map(({ name, number, wide, full }) => (
              <th key={name} role="columnheader" scope="col" class={classes({ number, wide, full })}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={id(row)} role="row" class={tone?.(row) ?? ""}>
              {columns.map(({ name, cell, number, wide, full, head }) =>
                head === true ? (
                  <th key={name} role="rowheader" scope="row" data-label={name} class={classes({ number, wide, full })}>
                    {cell(row)}
                  </th>
                ) : (
                  <td key={name} role="cell" data-label={name} class={classes({ number, wide, full })}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function classes(flags: {
  readonly number: boolean | undefined;
  readonly wide: boolean | undefined;
  readonly full: boolean | undefined;
}): string {
  return [
    ...(flags.number === true ? ["number"] : []),
    ...(flags.wide === true ? ["wide-only"] : []),
    ...(flags.full === true ? ["full"] : []),
  ].join(" ");
}
