import type { JSX } from "preact";
import { Field } from "./fields.tsx";

export type Parsed =
  | { readonly kind: "object"; readonly value: Record<string, unknown> }
  | { readonly kind: "wrong"; readonly why: string };

/** Text that must be a JSON object. */
export function parseObject(text: string): Parsed {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? { kind: "object", value: value as Record<string, unknown> }
      : { kind: "wrong", why: "must be a JSON object, such as {}" };
  } catch (error) {
    return { kind: "wrong", why: error instanceof Error ? error.message : String(error) };
  }
}

export function JsonField({
  label,
  text,
  onText,
  hint,
  rows = 8,
}: {
  readonly label: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly hint?: string;
  readonly rows?: number;
}): JSX.Element {
  const parsed = parseObject(text);
  return (
    <Field
      label={label}
      problems={parsed.kind === "wrong" ? [parsed.why] : []}
      {...(hint === undefined ? {} : { hint })}
    >
      {(ids) => (
        <textarea
          {...ids}
          class="mono"
          rows={Math.min(18, Math.max(rows, text.split("\n").length + 1))}
          spellcheck={false}
          value={text}
          onInput={(event) => onText(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
