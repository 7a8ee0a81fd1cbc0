import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Choice, Field } from "../../ui/fields.tsx";
import { problemsAt, problemsOfAll, valueAt, withValue } from "./draft.ts";
import { type Draft, FlagInput, NumberInput, TextInput } from "./inputs.tsx";

/** What is called: an address or a script. What was typed for the other kind comes back when it is picked again. */
export function TaskPart({ draft }: { readonly draft: Draft }): JSX.Element {
  const { definition, check, set } = draft;
  const isScript = valueAt(definition, ["task", "script"]) !== undefined;
  const [other, setOther] = useState<unknown>(undefined);
  const pick = (kind: "http" | "script"): void => {
    const now = kind === "http" ? "script" : "http";
    setOther(valueAt(definition, ["task", now]));
    set({ ...definition, task: { [kind]: other ?? (kind === "http" ? { url: "" } : { path: "" }) } });
  };
  return (
    <>
      <Choice
        legend="Task"
        name="task"
        value={isScript ? "script" : "http"}
        onPick={pick}
        problems={problemsAt(check, "task").filter(
          (text) => !["task.http", "task.script"].some((inner) => problemsAt(check, inner).includes(text)),
        )}
        options={[
          { value: "http", label: "HTTP endpoint", about: "POST with JSON, any language" },
          { value: "script", label: "Script", about: "on the bridge's machine, in SCRIPTS_DIR" },
        ]}
      />
      {isScript ? (
        <>
          <TextInput
            draft={draft}
            path={["task", "script", "path"]}
            label="Path"
            problems={problemsOfAll(check, "task.script")}
            placeholder="credit.py"
            hint="Inside SCRIPTS_DIR; no shell is involved."
          />
          <FlagInput
            draft={draft}
            path={["task", "script", "persistent"]}
            label="Persistent"
            hint="It stays up, and reads and answers one JSON document a line."
          />
          {valueAt(definition, ["task", "script", "persistent"]) === true && (
            <NumberInput
              draft={draft}
              path={["task", "script", "maxCalls"]}
              label="Answers before a process is replaced"
              placeholder="never"
            />
          )}
        </>
      ) : (
        <>
          <TextInput
            draft={draft}
            path={["task", "http", "url"]}
            label="Address"
            problems={problemsOfAll(check, "task.http")}
            placeholder="https://crm.example.net/hooks"
            hint="Loopback and private addresses need EGRESS_ALLOW."
          />
          <SecretRefs draft={draft} />
        </>
      )}
    </>
  );
}

function SecretRefs({ draft }: { readonly draft: Draft }): JSX.Element {
  const path = ["task", "http", "secretRef"];
  const value = valueAt(draft.definition, path);
  const text = Array.isArray(value) ? value.map(String).join(", ") : typeof value === "string" ? value : "";
  const [typed, setTyped] = useState(text);
  return (
    <Field
      label="Secret that signs each call"
      name="task.http.secretRef"
      problems={problemsAt(draft.check, "task.http.secretRef")}
      hint="By reference: env:NAME or file:PATH. While secrets are being changed several, newest first, with commas between."
    >
      {(ids) => (
        <input
          {...ids}
          value={typed}
          placeholder="not signed"
          autoComplete="off"
          spellcheck={false}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            const refs = event.currentTarget.value
              .split(",")
              .map((ref) => ref.trim())
              .filter((ref) => ref !== "");
            draft.set(
              withValue(draft.definition, path, refs.length === 0 ? undefined : refs.length === 1 ? refs[0] : refs),
            );
          }}
        />
      )}
    </Field>
  );
}
