import type { JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { place, setQuery } from "../route.ts";
import { fromField, toField, zone } from "../text/times.ts";
import { FilterBox } from "../ui/filter-box.tsx";

/** Filters of logs: they stand in the address, and are read a moment after the last key. */
export interface LogFilter {
  readonly name: string;
  readonly label: string;
  readonly kind: "text" | "select" | "time";
  readonly options?: readonly (readonly [value: string, label: string])[];
  readonly placeholder?: string;
  readonly suggestions?: readonly string[];
}

/** The query of the address, only its filters. */
export function filterValues(filters: readonly LogFilter[]): Record<string, string> {
  return Object.fromEntries(
    filters.flatMap(({ name }) => {
      const value = place.value.query.get(name);
      return value === null || value === "" ? [] : [[name, value]];
    }),
  );
}

export function LogFilters({ filters }: { readonly filters: readonly LogFilter[] }): JSX.Element {
  const values = filterValues(filters);
  const any = Object.keys(values).length > 0;
  return (
    <FilterBox chosen={Object.keys(values).length}>
      {filters.map((filter) => (
        <OneFilter key={filter.name} filter={filter} value={values[filter.name] ?? ""} />
      ))}
      <button
        type="button"
        class="plain clear"
        disabled={!any}
        onClick={() => setQuery(Object.fromEntries(filters.map(({ name }) => [name, null])))}
      >
        Clear filters
      </button>
    </FilterBox>
  );
}

function OneFilter({ filter, value }: { readonly filter: LogFilter; readonly value: string }): JSX.Element {
  const id = useId();
  const { name, label, kind, options = [], placeholder = "", suggestions } = filter;
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (kind !== "text" || typed.trim() === value) return undefined;
    const timer = setTimeout(() => setQuery({ [name]: typed.trim() }), 250);
    return () => clearTimeout(timer);
  }, [typed]);
  if (kind === "select") {
    return (
      <div class="filter">
        <label for={id}>{label}</label>
        <select id={id} value={value} onChange={(event) => setQuery({ [name]: event.currentTarget.value })}>
          {options.map(([key, text]) => (
            <option key={key} value={key}>
              {text}
            </option>
          ))}
        </select>
      </div>
    );
  }
  if (kind === "time") {
    return (
      <div class="filter">
        <label for={id} title={`In your zone, ${zone}`}>
          {label}
        </label>
        <input
          id={id}
          type="datetime-local"
          value={toField(value === "" ? null : value)}
          onChange={(event) => setQuery({ [name]: fromField(event.currentTarget.value) })}
        />
      </div>
    );
  }
  return (
    <div class="filter">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="search"
        value={typed}
        placeholder={placeholder}
        autoComplete="off"
        spellcheck={false}
        {...(suggestions === undefined ? {} : { list: `${id}-list` })}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      {suggestions !== undefined && (
        <datalist id={`${id}-list`}>
          {suggestions.map((text) => (
            <option key={text} value={text} />
          ))}
        </datalist>
      )}
    </div>
  );
}
