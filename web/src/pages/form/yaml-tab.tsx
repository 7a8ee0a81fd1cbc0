import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type * as Yaml from "yaml";
import type { Definition } from "../../api/types.ts";
import { Field } from "../../ui/fields.tsx";
import { Loading } from "../../ui/parts.tsx";

/** The same definition as YAML. What is typed here becomes the form's as soon as it can be read. */
export function YamlTab({
  definition,
  onDefinition,
  onUnread,
}: {
  readonly definition: Definition;
  readonly onDefinition: (definition: Definition) => void;
  /** Why the text is none: then nothing is saved, as it would be another than what stands here. */
  readonly onUnread: (why: string | null) => void;
}): JSX.Element {
  const [yaml, setYaml] = useState<typeof Yaml | null>(null);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => onUnread(problem), [problem]);
  // Left, the form has the last definition that could be read.
  useEffect(() => () => onUnread(null), []);
  useEffect(() => {
    // Only who opens this tab needs a YAML reader.
    void import("yaml").then((loaded) => {
      setYaml(loaded);
      setText(loaded.stringify(definition, { lineWidth: 120 }));
    });
  }, []);
  if (yaml === null) return <Loading what="the definition" />;
  const onText = (typed: string): void => {
    setText(typed);
    const read = readDefinition(yaml, typed);
    if (typeof read === "string") setProblem(read);
    else {
      setProblem(null);
      onDefinition(read);
    }
  };
  return (
    <Field
      label="Definition"
      problems={problem === null ? [] : [problem]}
      hint="One handler, as in the handlers file. An item of a list, or a whole file with one handler, can be pasted too."
    >
      {(ids) => (
        <textarea
          {...ids}
          class="mono yaml"
          rows={Math.max(18, text.split("\n").length + 2)}
          spellcheck={false}
          value={text}
          onInput={(event) => onText(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function readDefinition(yaml: typeof Yaml, text: string): Definition | string {
  try {
    let value: unknown = yaml.parse(text);
    const handlers = typeof value === "object" && value !== null && "handlers" in value ? value.handlers : value;
    value = handlers;
    if (Array.isArray(value)) {
      if (value.length !== 1) return `holds ${value.length} handlers: this form edits one`;
      value = value[0] as unknown;
    }
    return typeof value === "object" && value !== null ? (value as Definition) : "must be a map of keys and values";
  } catch (error) {
    return error instanceof Error ? (error.message.split("\n")[0] ?? error.message) : String(error);
  }
}
