import type { JSX } from "preact";
import type { EventRow } from "../../api/types.ts";
import { Choice, Field } from "../../ui/fields.tsx";
import { Card } from "../../ui/parts.tsx";
import { AfterPart } from "./after-part.tsx";
import { BeforePart } from "./before-part.tsx";
import { eventsOf, problemsAt, textAt, withStage, withValue } from "./draft.ts";
import { EventPicker } from "./event-picker.tsx";
import { type Draft, NumberInput, TextInput } from "./inputs.tsx";
import { TaskPart } from "./task-part.tsx";

export function FormFields({
  draft,
  isNew,
  events,
}: {
  readonly draft: Draft;
  readonly isNew: boolean;
  readonly events: readonly EventRow[];
}): JSX.Element {
  const { definition, check, set } = draft;
  const stage = textAt(definition, "stage");
  return (
    <div class="form-fields">
      <Card title="Who">
        <div class="pair">
          <TextInput
            draft={draft}
            path={["id"]}
            label="ID"
            placeholder="credit-guard"
            disabled={!isNew}
            hint={isNew ? "Lower-case letters, digits and . _ -; it stays for ever." : "It stays for ever."}
          />
          <TextInput
            draft={draft}
            path={["name"]}
            label="Name"
            placeholder={textAt(definition, "id") || "Credit guard"}
          />
        </div>
        <Choice
          legend="Stage"
          name="stage"
          value={stage === "before" || stage === "after" ? stage : null}
          problems={problemsAt(check, "stage")}
          onPick={(to) => set(withStage(definition, to))}
          options={[
            { value: "before", label: "Before", about: "asked; may allow, change or forbid" },
            { value: "after", label: "After", about: "told what happened, in order" },
          ]}
        />
        <div class="pair">
          <NumberInput draft={draft} path={["priority"]} label="Priority" placeholder="100" hint="Lower runs first." />
          <StatusField draft={draft} />
        </div>
      </Card>
      <Card title="When">
        <EventPicker
          known={events}
          picked={eventsOf(definition)}
          stage={stage}
          problems={problemsAt(check, "events")}
          onPick={(ids) => set({ ...definition, events: ids })}
        />
        <TextInput
          draft={draft}
          path={["when"]}
          label="Only when (CEL)"
          rows={2}
          placeholder='has(data.credit) && data.credit > decimal("1000")'
          hint="True or false, over data and event. An update holds only what changed. Empty: always."
        />
      </Card>
      <Card title="What is called">
        <TaskPart draft={draft} />
        <details class="field">
          <summary>Limits and number form</summary>
          <div class="pair">
            <NumberInput
              draft={draft}
              path={["rateLimit", "perSecond"]}
              label="Calls a second at most"
              placeholder="no limit"
              hint="0.01 to 10000, each instance."
            />
            <NumberInput
              draft={draft}
              path={["rateLimit", "burst"]}
              label="At once after a rest"
              placeholder="as many as in a second"
            />
          </div>
          <div class="pair">
            <NumberInput
              draft={draft}
              path={["inFlight"]}
              label="Calls under way at once"
              placeholder="128; scripts share 16"
              hint="1 to 1024"
            />
            <Numbers draft={draft} />
          </div>
        </details>
      </Card>
      {stage === "before" && (
        <Card title="Its word before the event">
          <BeforePart draft={draft} />
        </Card>
      )}
      {stage === "after" && (
        <Card title="Delivery after the event">
          <AfterPart draft={draft} />
        </Card>
      )}
    </div>
  );
}

function StatusField({ draft }: { readonly draft: Draft }): JSX.Element {
  return (
    <Field label="Status" name="status" problems={problemsAt(draft.check, "status")}>
      {(ids) => (
        <select
          {...ids}
          value={textAt(draft.definition, "status") || "enabled"}
          onChange={(event) => draft.set(withValue(draft.definition, ["status"], event.currentTarget.value))}
        >
          <option value="enabled">enabled</option>
          <option value="disabled">disabled</option>
          <option value="archived">archived</option>
        </select>
      )}
    </Field>
  );
}

function Numbers({ draft }: { readonly draft: Draft }): JSX.Element {
  return (
    <Field
      label="Decimals are sent as"
      name="numbers"
      problems={problemsAt(draft.check, "numbers")}
      hint="JSON numbers may lose digits of amounts."
    >
      {(ids) => (
        <select
          {...ids}
          value={textAt(draft.definition, "numbers") || "string"}
          onChange={(event) =>
            draft.set(
              withValue(draft.definition, ["numbers"], event.currentTarget.value === "json" ? "json" : undefined),
            )
          }
        >
          <option value="string">strings</option>
          <option value="json">JSON numbers</option>
        </select>
      )}
    </Field>
  );
}
