import type { JSX } from "preact";
import type { CheckResult, Definition } from "../../api/types.ts";
import { Field } from "../../ui/fields.tsx";
import { numberOf, problemsAt, textAt, withValue } from "./draft.ts";

/** What every part of the form gets. */
export interface Draft {
  readonly definition: Definition;
  readonly check: CheckResult | null;
  readonly set: (definition: Definition) => void;
}

interface Common {
  readonly draft: Draft;
  readonly path: readonly string[];
  readonly label: string;
  readonly hint?: JSX.Element | string;
  readonly placeholder?: string;
}

export function TextInput({
  draft,
  path,
  label,
  hint,
  placeholder = "",
  rows,
  disabled = false,
  problems = [],
}: Common & {
  readonly rows?: number;
  readonly disabled?: boolean;
  /** Besides those of its own place. */
  readonly problems?: readonly string[];
}): JSX.Element {
  const name = path.join(".");
  const onText = (text: string): void => draft.set(withValue(draft.definition, path, text === "" ? undefined : text));
  return (
    <Field
      label={label}
      name={name}
      problems={[...problemsAt(draft.check, name), ...problems]}
      {...(hint === undefined ? {} : { hint })}
    >
      {(ids) =>
        rows === undefined ? (
          <input
            {...ids}
            value={textAt(draft.definition, ...path)}
            placeholder={placeholder}
            disabled={disabled}
            autoComplete="off"
            spellcheck={false}
            onInput={(event) => onText(event.currentTarget.value)}
          />
        ) : (
          <textarea
            {...ids}
            class="mono"
            rows={rows}
            value={textAt(draft.definition, ...path)}
            placeholder={placeholder}
            spellcheck={false}
            onInput={(event) => onText(event.currentTarget.value)}
          />
        )
      }
    </Field>
  );
}

export function NumberInput({
  draft,
  path,
  label,
  hint,
  placeholder = "",
  unit,
}: Common & { readonly unit?: string }): JSX.Element {
  const name = path.join(".");
  return (
    <Field
      label={unit === undefined ? label : `${label}, ${unit}`}
      name={name}
      problems={problemsAt(draft.check, name)}
      {...(hint === undefined ? {} : { hint })}
    >
      {(ids) => (
        <input
          {...ids}
          inputMode="decimal"
          value={textAt(draft.definition, ...path)}
          placeholder={placeholder}
          autoComplete="off"
          onInput={(event) => draft.set(withValue(draft.definition, path, numberOf(event.currentTarget.value)))}
        />
      )}
    </Field>
  );
}

export function FlagInput({ draft, path, label, hint }: Common): JSX.Element {
  const value =
    path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], draft.definition) ===
    true;
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          id={`f-${path.join(".")}`}
          checked={value}
          onChange={(event) =>
            draft.set(withValue(draft.definition, path, event.currentTarget.checked ? true : undefined))
          }
        />{" "}
        {label}
      </label>
      {hint !== undefined && <p class="hint">{hint}</p>}
      {problemsAt(draft.check, path.join(".")).map((problem) => (
        <p key={problem} class="problem">
          {problem}
        </p>
      ))}
    </div>
  );
}
