import type { JSX } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { part } from "../../api/client.ts";
import { useResource } from "../../api/resource.ts";
import { mayWriteHandlers } from "../../api/session.ts";
import type { Definition, EventList, HandlerDetail, HandlerList, Problem } from "../../api/types.ts";
import { holdPage, place } from "../../route.ts";
import { same } from "../../text/json.ts";
import { ErrorBox, Loading, Note, PageHead } from "../../ui/parts.tsx";
import { TabLinks } from "../../ui/tabs.tsx";
import { TestCall } from "../handler/test-call.tsx";
import { CheckPanel } from "./check-panel.tsx";
import { eventsOf, textAt } from "./draft.ts";
import { FormFields } from "./form-fields.tsx";
import { SaveBar } from "./save-bar.tsx";
import { type Check, useCheck } from "./use-check.ts";
import { YamlTab } from "./yaml-tab.tsx";

const empty: Definition = { id: "", stage: "after", events: [], task: { http: { url: "" } }, status: "enabled" };

/** Creates, edits (id) or duplicates (`?copy=`) a handler. */
export function HandlerForm({ id }: { readonly id: string | null }): JSX.Element {
  const copy = id === null ? place.value.query.get("copy") : null;
  const source = id ?? copy;
  const found = useResource<HandlerDetail>(source === null ? null : `/api/handlers/${part(source)}`);
  if (!mayWriteHandlers()) {
    return (
      <>
        <PageHead title="Edit a handler" />
        <Note tone="info">
          You can look but not change. <a href={id === null ? "/handlers" : `/handlers/${part(id)}`}>Back</a>
        </Note>
      </>
    );
  }
  if (source !== null && found.data === null) {
    return (
      <>
        <PageHead title={id === null ? `Copy of ${source}` : `Edit ${source}`} />
        {found.error === null ? <Loading what="the handler" /> : <ErrorBox error={found.error} retry={found.reload} />}
      </>
    );
  }
  const start = found.data === null ? empty : copy === null ? found.data.definition : copied(found.data.definition);
  return (
    <Form
      id={id}
      start={start}
      began={id === null ? null : found.data}
      title={id === null ? (copy === null ? "New handler" : `Copy of ${copy}`) : `Edit ${id}`}
    />
  );
}

/** A copy is off until somebody turns it on: two of the same would be called twice. */
function copied(definition: Definition): Definition {
  const name = textAt(definition, "name");
  return {
    ...definition,
    id: `${textAt(definition, "id")}-copy`.slice(0, 63),
    ...(name === "" ? {} : { name: `${name} (copy)` }),
    status: "disabled",
  };
}

function Form({
  id,
  start,
  began: opened,
  title,
}: {
  readonly id: string | null;
  readonly start: Definition;
  readonly began: HandlerDetail | null;
  readonly title: string;
}): JSX.Element {
  // What is edited stays what it was when the form was opened, whatever others save meanwhile.
  const [began, setBegan] = useState(opened);
  const [from, setFrom] = useState(start);
  const [definition, setDefinition] = useState(start);
  const events = useResource<EventList>("/api/events");
  const [unread, setUnread] = useState<string | null>(null);
  const list = useResource<HandlerList>(id === null ? "/api/handlers?status=all" : null, { on: ["handlers"] });
  const checked = useCheck(definition);
  const typedId = textAt(definition, "id");
  const isTaken = id === null && (list.data?.items ?? []).some((row) => row.id === typedId);
  const check = withProblems(checked, [
    ...(isTaken ? [{ ...nowhere, path: "id", message: `there is a handler ${typedId} already` }] : []),
    ...(unread === null ? [] : [{ ...nowhere, path: null, message: `the YAML cannot be read: ${unread}` }]),
  ]);
  const tab = place.value.query.get("tab") ?? "form";
  const isChanged = !same(definition, from);
  useLayoutEffect(() => {
    holdPage(isChanged ? () => window.confirm("Leave without saving? What you changed is lost.") : null);
    return () => holdPage(null);
  }, [isChanged]);
  const draft = { definition, check: isUntouched(id, definition) ? null : check.result, set: setDefinition };
  return (
    <>
      <PageHead title={title} {...(id === null ? {} : { lead: <code>{id}</code> })} />
      <TabLinks
        label="Form"
        current={tab}
        tabs={[
          { id: "form", name: "Form" },
          { id: "yaml", name: "YAML" },
          { id: "test", name: "Test call" },
        ]}
      />
      <div class="form-layout">
        <div>
          {tab === "form" && <FormFields draft={draft} isNew={id === null} events={events.data?.items ?? []} />}
          {tab === "yaml" && (
            <YamlTab
              key={began?.row.revision}
              definition={definition}
              onDefinition={(to) => setDefinition(id === null ? to : { ...to, id })}
              onUnread={setUnread}
            />
          )}
          {tab === "test" && (
            <TestCall
              id={textAt(definition, "id") || "unnamed"}
              events={eventsOf(definition)}
              definition={definition}
            />
          )}
        </div>
        <CheckPanel check={check} id={typedId} isUntouched={unread === null && isUntouched(id, definition)} />
      </div>
      <SaveBar
        id={id}
        began={began}
        definition={definition}
        check={check}
        isChanged={isChanged}
        onTaken={(theirs) => {
          setBegan(theirs);
          setFrom(theirs.definition);
          setDefinition(theirs.definition);
        }}
      />
    </>
  );
}

const nowhere = { place: null, hint: null } as const;

/** What this page itself knows to be wrong comes before what the API says. */
function withProblems(check: Check, problems: readonly Problem[]): Check {
  if (problems.length === 0 || check.result === null) return check;
  return { ...check, result: { ...check.result, problems: [...problems, ...check.result.problems] } };
}

/** An empty form is not full of errors: they show once something was typed. */
function isUntouched(id: string | null, definition: Definition): boolean {
  return id === null && same(definition, empty);
}
