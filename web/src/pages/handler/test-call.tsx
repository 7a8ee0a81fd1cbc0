import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, ask, part } from "../../api/client.ts";
import { useResource } from "../../api/resource.ts";
import type { Definition, EventDetail, TestResult } from "../../api/types.ts";
import { pretty } from "../../text/json.ts";
import { duration } from "../../text/numbers.ts";
import { SelectField } from "../../ui/fields.tsx";
import { JsonField, parseObject } from "../../ui/json-field.tsx";
import { Empty, ErrorBox } from "../../ui/parts.tsx";
import { Table } from "../../ui/table.tsx";
import { Code } from "../../ui/tabs.tsx";
import { dataOf } from "../explain.tsx";
import { OutcomeBadge } from "../handler-words.tsx";

/** One real call of the handler, of which nothing is applied. With a definition: one that is not saved yet. */
export function TestCall({
  id,
  events,
  definition,
}: {
  readonly id: string;
  readonly events: readonly string[];
  readonly definition?: Definition;
}): JSX.Element {
  const [event, setEvent] = useState(events[0] ?? "");
  const chosen = events.includes(event) ? event : (events[0] ?? "");
  const sample = useResource<EventDetail>(chosen === "" ? null : `/api/events/${part(chosen)}`);
  const [text, setText] = useState<{ readonly of: string; readonly text: string } | null>(null);
  const [result, setResult] = useState<TestResult | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (sample.data !== null && text?.of !== chosen) {
      setText({ of: chosen, text: sample.data.sample === null ? "{}" : pretty(dataOf(sample.data.sample)) });
    }
  }, [sample.data, chosen]);
  if (events.length === 0) {
    return (
      <Empty title="No event chosen">
        <p>A test call sends an event: choose one in the form first.</p>
      </Empty>
    );
  }
  const data = parseObject(text?.text ?? "{}");
  const call = async (): Promise<void> => {
    if (data.kind !== "object") return;
    setBusy(true);
    try {
      const body = { event: chosen, data: data.value, ...(definition === undefined ? {} : { definition }) };
      setResult(await ask<TestResult>(`/api/handlers/${part(id)}/test`, { method: "POST", body, withinMs: 90_000 }));
      setError(null);
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
      setResult(null);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="test-call">
      <p class="quiet">
        Calls the handler once, now, as the bridge would
        {definition === undefined ? "" : ", with what stands in the form"}. What it answers is shown and not applied;
        what the handler itself does with the event is real.
      </p>
      <div class="row">
        <SelectField
          label="Event"
          value={chosen}
          options={events.map((one) => [one, one] as const)}
          onValue={setEvent}
        />
        <button
          type="button"
          class="primary"
          disabled={busy || text?.of !== chosen || data.kind !== "object"}
          onClick={() => void call()}
        >
          {busy ? "Calling …" : "Call it"}
        </button>
      </div>
      <JsonField label="Data sent" text={text?.text ?? ""} onText={(to) => setText({ of: chosen, text: to })} />
      {error !== null && <ErrorBox error={error} />}
      <div aria-live="polite">{result !== null && <Result result={result} />}</div>
    </div>
  );
}

function Result({ result }: { readonly result: TestResult }): JSX.Element {
  return (
    <section class="test-result">
      <p class="detail-top">
        <OutcomeBadge outcome={result.outcome} /> in <strong>{duration(result.ms)}</strong>
        {result.detail !== null && <span>: {result.detail}</span>}
      </p>
      {result.changes.length > 0 && (
        <Table
          label="Changes"
          rows={result.changes}
          id={({ path }) => path}
          columns={[
            { name: "Field", head: true, cell: ({ path }) => <code>{path}</code> },
            { name: "From", cell: ({ from }) => <code class="gone">{from ?? "absent"}</code> },
            { name: "To", cell: ({ to }) => <code class="new">{to}</code> },
          ]}
        />
      )}
      <div class="two">
        <section>
          <h3>Request</h3>
          <Code text={pretty(result.request)} label="Request" />
          <details>
            <summary>Headers</summary>
            <Code
              text={Object.entries(result.headers)
                .map(([name, value]) => `${name}: ${value}`)
                .join("\n")}
              label="Headers"
            />
          </details>
        </section>
        <section>
          <h3>Answer</h3>
          {result.answer === null ? (
            <p class="quiet">Nothing came back.</p>
          ) : (
            <Code text={pretty(result.answer)} label="Answer" />
          )}
        </section>
      </div>
    </section>
  );
}
