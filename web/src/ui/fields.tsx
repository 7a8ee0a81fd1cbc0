import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";

/** A labelled field with its hint and what is wrong with it, tied together for those who hear the page. */
export function Field({
  label,
  hint,
  problems = [],
  name,
  children,
}: {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly problems?: readonly string[];
  /** Where problems lead to. */
  readonly name?: string;
  readonly children: (ids: { id: string; "aria-describedby": string; "aria-invalid": boolean }) => JSX.Element;
}): JSX.Element {
  const own = useId();
  const id = name === undefined ? own : `f-${name}`;
  return (
    <div class={problems.length > 0 ? "field invalid" : "field"}>
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": `${own}-about`, "aria-invalid": problems.length > 0 })}
      <div id={`${own}-about`} class="about">
        {problems.map((text) => (
          <p key={text} class="problem">
            {text}
          </p>
        ))}
        {hint !== undefined && <p class="hint">{hint}</p>}
      </div>
    </div>
  );
}

export function Choice<T extends string>({
  legend,
  value,
  options,
  onPick,
  problems = [],
  name,
  disabled = false,
}: {
  readonly legend: string;
  readonly value: T | null;
  readonly options: readonly { readonly value: T; readonly label: string; readonly about?: string }[];
  readonly onPick: (value: T) => void;
  readonly problems?: readonly string[];
  readonly name?: string;
  readonly disabled?: boolean;
}): JSX.Element {
  const own = useId();
  return (
    <fieldset class={problems.length > 0 ? "field choice invalid" : "field choice"} disabled={disabled}>
      <legend>{legend}</legend>
      <div class="choices">
        {options.map((option, at) => (
          <label key={option.value} class={value === option.value ? "option picked" : "option"}>
            <input
              type="radio"
              name={own}
              {...(at === 0 && name !== undefined ? { id: `f-${name}` } : {})}
              checked={value === option.value}
              onChange={() => onPick(option.value)}
            />
            <span>
              {option.label}
              {option.about !== undefined && <small>{option.about}</small>}
            </span>
          </label>
        ))}
      </div>
      {problems.map((text) => (
        <p key={text} class="problem">
          {text}
        </p>
      ))}
    </fieldset>
  );
}

/** A text that filters: told as it is typed, or after a short rest of the keys; with Enter at once. */
export function SearchField({
  label,
  value,
  onValue,
  placeholder = "",
  suggestions,
  restMs = 0,
}: {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly placeholder?: string;
  readonly suggestions?: readonly string[];
  readonly restMs?: number;
}): JSX.Element {
  const id = useId();
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    // A space at the end is not told, and must not vanish under who types on.
    if (typed.trim() !== value) setTyped(value);
  }, [value]);
  useEffect(() => {
    if (restMs === 0 || typed.trim() === value) return undefined;
    const timer = setTimeout(() => onValue(typed.trim()), restMs);
    return () => clearTimeout(timer);
  }, [typed]);
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
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          if (restMs === 0) onValue(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") onValue(event.currentTarget.value.trim());
        }}
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

export function SelectField({
  label,
  value,
  options,
  onValue,
}: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly onValue: (value: string) => void;
}): JSX.Element {
  const id = useId();
  return (
    <div class="filter">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
