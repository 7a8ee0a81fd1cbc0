import type { JSX } from "preact";
import { Choice } from "../../ui/fields.tsx";
import { failureKinds } from "../handler-words.tsx";
import { problemsAt, textAt, withValue } from "./draft.ts";
import { type Draft, FlagInput, NumberInput } from "./inputs.tsx";
import { MayChange } from "./may-change.tsx";

export function BeforePart({ draft }: { readonly draft: Draft }): JSX.Element {
  const { definition, check, set } = draft;
  const mode = textAt(definition, "mode") || "enforce";
  return (
    <>
      <OnFailure draft={draft} />
      <Choice
        legend="Mode"
        name="mode"
        value={mode}
        problems={problemsAt(check, "mode")}
        onPick={(to) => set(withValue(definition, ["mode"], to === "enforce" ? undefined : to))}
        options={[
          { value: "enforce", label: "Enforce", about: "it decides" },
          { value: "warn", label: "Warn", about: "a forbid becomes a warning; changes count" },
          { value: "shadow", label: "Shadow", about: "asked afterwards, only compared" },
        ]}
      />
      <div class="pair">
        <NumberInput draft={draft} path={["timeoutMs"]} label="Timeout" unit="ms" placeholder="300" hint="20 to 2000" />
        {mode !== "shadow" && (
          <NumberInput
            draft={draft}
            path={["canary"]}
            label="Canary"
            unit="% of the clients"
            placeholder="all clients"
            hint="It decides for these, and watches the others."
          />
        )}
      </div>
      <FlagInput
        draft={draft}
        path={["bestEffort"]}
        label="Best effort"
        hint="Left out of the budget proof, skipped when too little time is left."
      />
      <MayChange
        value={definition["mayChange"]}
        fields={check?.fields ?? []}
        problems={problemsAt(check, "mayChange")}
        onChange={(items) => set(withValue(definition, ["mayChange"], items))}
      />
    </>
  );
}

function OnFailure({ draft }: { readonly draft: Draft }): JSX.Element {
  const { definition, check, set } = draft;
  const policy = definition["onFailure"];
  const fallback = typeof policy === "string" ? policy : textAt(definition, "onFailure", "default");
  const byKind = typeof policy === "object" && policy !== null ? (policy as Record<string, string>) : {};
  const own = Object.keys(byKind).filter((kind) => kind !== "default");
  const pickKind = (kind: string, decision: string): void => {
    const others = Object.entries(byKind).filter(([one]) => one !== "default" && one !== kind);
    const next = decision === "" ? others : [...others, [kind, decision] as const];
    set({
      ...definition,
      onFailure: next.length === 0 ? fallback : { default: fallback, ...Object.fromEntries(next) },
    });
  };
  return (
    <>
      <Choice
        legend="If it fails"
        name="onFailure"
        value={fallback === "allow" || fallback === "forbid" ? fallback : null}
        problems={problemsAt(check, "onFailure")}
        onPick={(to) => set({ ...definition, onFailure: own.length === 0 ? to : { ...byKind, default: to } })}
        options={[
          { value: "allow", label: "Allow", about: "the change goes on as it stood" },
          { value: "forbid", label: "Forbid", about: "nothing happens without its word" },
        ]}
      />
      {fallback !== "" && (
        <details class="field" open={own.length > 0}>
          <summary>By kind of failure{own.length > 0 ? ` (${own.length})` : ""}</summary>
          <div class="kinds">
            {failureKinds.map(([kind, about]) => (
              <label key={kind} class="kind">
                <span>
                  {kind} <small class="quiet">{about}</small>
                </span>
                <select value={byKind[kind] ?? ""} onChange={(event) => pickKind(kind, event.currentTarget.value)}>
                  <option value="">{fallback}, as above</option>
                  <option value="allow">allow</option>
                  <option value="forbid">forbid</option>
                </select>
              </label>
            ))}
          </div>
        </details>
      )}
    </>
  );
}
