import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Field } from "../../ui/fields.tsx";
import { numberOf, problemsAt, valueAt, withValue } from "./draft.ts";
import { type Draft, NumberInput, TextInput } from "./inputs.tsx";

export function AfterPart({ draft }: { readonly draft: Draft }): JSX.Element {
  const { definition, check, set } = draft;
  return (
    <>
      <div class="pair">
        <TextInput
          draft={draft}
          path={["group"]}
          label="Group"
          placeholder="its own"
          hint="Handlers of one group run by priority, each once the one before has ended."
        />
        <NumberInput
          draft={draft}
          path={["timeoutMs"]}
          label="Timeout"
          unit="ms"
          placeholder="10000"
          hint="20 to 60000"
        />
      </div>
      <div class="pair">
        <Schedule draft={draft} />
        <NumberInput
          draft={draft}
          path={["retry", "maxAgeMs"]}
          label="Give up after"
          unit="ms"
          placeholder="86400000"
          hint="Then it is a dead letter. 24 hours unless stated."
        />
      </div>
      <div class="field">
        <label class="check">
          <input
            type="checkbox"
            id="f-ordered"
            checked={definition["ordered"] !== false}
            onChange={(event) =>
              set(withValue(definition, ["ordered"], event.currentTarget.checked ? undefined : false))
            }
          />{" "}
          In order per client
        </label>
        <p class="hint">
          Without it no event waits for an earlier one of its client, and they may arrive in any order.
        </p>
        {problemsAt(check, "ordered").map((problem) => (
          <p key={problem} class="problem">
            {problem}
          </p>
        ))}
      </div>
      <div class="field">
        <label class="check">
          <input
            type="checkbox"
            id="f-catchUp"
            checked={definition["catchUp"] === "latest"}
            onChange={(event) =>
              set(withValue(definition, ["catchUp"], event.currentTarget.checked ? "latest" : undefined))
            }
          />{" "}
          Only the latest state after an outage
        </label>
        <p class="hint">Of a client's events that wait, the newest stands for the others. Balance events only.</p>
        {problemsAt(check, "catchUp").map((problem) => (
          <p key={problem} class="problem">
            {problem}
          </p>
        ))}
      </div>
    </>
  );
}

function Schedule({ draft }: { readonly draft: Draft }): JSX.Element {
  const path = ["retry", "scheduleMs"];
  const value = valueAt(draft.definition, path);
  const [typed, setTyped] = useState(Array.isArray(value) ? value.map(String).join(", ") : "");
  return (
    <Field
      label="Waits before attempts, ms"
      name="retry.scheduleMs"
      problems={problemsAt(draft.check, "retry.scheduleMs")}
      hint="The last one repeats. Unless stated: at once, 1 s, 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 2 h."
    >
      {(ids) => (
        <input
          {...ids}
          value={typed}
          placeholder="0, 1000, 5000, 30000, …"
          autoComplete="off"
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            const waits = event.currentTarget.value
              .split(",")
              .map(numberOf)
              .filter((wait) => wait !== undefined);
            draft.set(withValue(draft.definition, path, waits.length === 0 ? undefined : waits));
          }}
        />
      )}
    </Field>
  );
}
