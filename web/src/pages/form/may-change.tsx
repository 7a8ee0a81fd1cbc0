import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { FieldPolicyRow } from "../../api/types.ts";
import { SearchField } from "../../ui/fields.tsx";

/** `mayChange` as a table of the events' fields: what may be named at all, and within which rule. */

type Item =
  | string
  | { readonly field: string; readonly rule?: string; readonly maxDelta?: string; readonly oneOf?: readonly unknown[] };

const words: Readonly<Record<string, string>> = {
  no: "no",
  any: "to any value",
  "lower-only": "lower only",
  "raise-only": "raise only",
  "max-delta": "by at most …",
  "one-of": "to one of …",
  append: "append only",
};

function itemOf(items: readonly Item[], field: string): Item | undefined {
  return items.find((item) => (typeof item === "string" ? item : item.field) === field);
}

function ruleOf(item: Item | undefined): string {
  if (item === undefined) return "no";
  if (typeof item === "string") return "any";
  if (item.maxDelta !== undefined) return "max-delta";
  if (item.oneOf !== undefined) return "one-of";
  return item.rule ?? "any";
}

function itemFor(field: string, rule: string, argument: string): Item | null {
  switch (rule) {
    case "no":
      return null;
    case "any":
      return field;
    case "max-delta":
      return { field, maxDelta: argument };
    case "one-of":
      return {
        field,
        oneOf: argument
          .split(",")
          .map((text) => text.trim())
          .filter((text) => text !== ""),
      };
    default:
      return { field, rule };
  }
}

function argumentOf(item: Item | undefined): string {
  if (item === undefined || typeof item === "string") return "";
  return item.maxDelta ?? (item.oneOf ?? []).map(String).join(", ");
}

export function MayChange({
  value,
  fields,
  problems,
  onChange,
}: {
  readonly value: unknown;
  readonly fields: readonly FieldPolicyRow[];
  readonly problems: readonly string[];
  readonly onChange: (items: readonly unknown[] | undefined) => void;
}): JSX.Element {
  const [text, setText] = useState("");
  const items = Array.isArray(value) ? (value as Item[]) : [];
  const all = itemOf(items, "*") !== undefined;
  const set = (field: string, item: Item | null): void => {
    const others = items.filter((one) => (typeof one === "string" ? one : one.field) !== field);
    const next = item === null ? others : [...others, item];
    onChange(next.length === 0 ? undefined : next);
  };
  const known = new Set(fields.map(({ field }) => field));
  const rows: readonly FieldPolicyRow[] = [
    ...fields,
    ...items
      .map((item) => (typeof item === "string" ? item : item.field))
      .filter((field) => field !== "*" && !known.has(field))
      .map((field) => ({ field, type: "unknown", may: "named" as const, rules: [] })),
  ];
  const shown = rows.filter(({ field }) => field.toLowerCase().includes(text.toLowerCase()));
  return (
    <fieldset class={problems.length > 0 ? "field invalid" : "field"} id="f-mayChange" tabIndex={-1}>
      <legend>What it may change</legend>
      <p class="hint">
        Nothing unless stated: then it only allows or forbids, beside the others. One change outside of this, and its
        whole answer is dropped.
      </p>
      <label class="check">
        <input type="checkbox" checked={all} onChange={(event) => set("*", event.currentTarget.checked ? "*" : null)} />{" "}
        Every field that need not be named
      </label>
      {fields.length === 0 && <p class="quiet">Choose an event to see its fields.</p>}
      {rows.length > 0 && (
        <>
          {rows.length > 8 && <SearchField label="Search fields" value={text} onValue={setText} />}
          <div class="policy" role="region" aria-label="Field policy" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th scope="col">Field</th>
                  <th scope="col">Type</th>
                  <th scope="col">May change it</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((row) => (
                  <PolicyRow
                    key={row.field}
                    row={row}
                    item={itemOf(items, row.field)}
                    all={all}
                    onItem={(item) => set(row.field, item)}
                  />
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {problems.map((problem) => (
        <p key={problem} class="problem">
          {problem}
        </p>
      ))}
    </fieldset>
  );
}

function PolicyRow({
  row,
  item,
  all,
  onItem,
}: {
  readonly row: FieldPolicyRow;
  readonly item: Item | undefined;
  readonly all: boolean;
  readonly onItem: (item: Item | null) => void;
}): JSX.Element {
  const rule = ruleOf(item);
  const offered = ["no", "any", ...row.rules.filter((one) => one !== "any" && words[one] !== undefined)];
  const options = offered.includes(rule) ? offered : [...offered, rule];
  const covered = all && rule === "no" && row.may === "free";
  return (
    <tr>
      <th scope="row">
        <code>{row.field}</code>
      </th>
      <td>
        <code class="quiet">{row.type}</code>
      </td>
      <td>
        {row.may === "never" && item === undefined ? (
          <span class="quiet">never: no handler may</span>
        ) : (
          <span class="rule">
            <select
              aria-label={`May change ${row.field}`}
              value={rule}
              onChange={(event) => onItem(itemFor(row.field, event.currentTarget.value, argumentOf(item)))}
            >
              {options.map((one) => (
                <option key={one} value={one}>
                  {one === "no" && covered ? "yes, by the line above" : (words[one] ?? one)}
                </option>
              ))}
            </select>
            {(rule === "max-delta" || rule === "one-of") && (
              <input
                aria-label={
                  rule === "max-delta"
                    ? `By how much ${row.field} may change`
                    : `Values of ${row.field}, with commas between`
                }
                placeholder={rule === "max-delta" ? "10.50" : "en_US, de_AT"}
                value={argumentOf(item)}
                onChange={(event) => onItem(itemFor(row.field, rule, event.currentTarget.value))}
              />
            )}
            {row.may === "named" && rule === "no" && <small class="quiet">must be named</small>}
          </span>
        )}
      </td>
    </tr>
  );
}
