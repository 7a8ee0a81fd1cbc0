import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { place, setQuery } from "../route.ts";
import { fromField, toField, zone } from "../text/times.ts";
import { SearchField, SelectField } from "../ui/fields.tsx";
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
  const { name, label, kind, options = [], suggestions, placeholder } = filter;
  const set = (to: string | null): void => setQuery({ [name]: to });
  switch (kind) {
    case "select":
      return <SelectField label={label} value={value} options={options} onValue={set} />;
    case "time":
      return <TimeField label={label} value={value} onValue={set} />;
    case "text":
      return (
        <SearchField
          label={label}
          value={value}
          restMs={250}
          onValue={set}
          {...(placeholder === undefined ? {} : { placeholder })}
          {...(suggestions === undefined ? {} : { suggestions })}
        />
      );
  }
}

function TimeField({
  label,
  value,
  onValue,
}: {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string | null) => void;
}): JSX.Element {
  const id = useId();
  return (
    <div class="filter">
      <label for={id} title={`In your zone, ${zone}`}>
        {label}
      </label>
      <input
        id={id}
        type="datetime-local"
        value={toField(value === "" ? null : value)}
        onChange={(event) => onValue(fromField(event.currentTarget.value))}
      />
    </div>
  );
}
