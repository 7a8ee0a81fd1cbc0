import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError, ask, part } from "../../api/client.ts";
import { mayWrite } from "../../api/session.ts";
import type { Definition, TestResult } from "../../api/types.ts";
import { place, setQuery } from "../../route.ts";
import { SelectField } from "../../ui/fields.tsx";
import { JsonField, parseObject } from "../../ui/json-field.tsx";
import { Empty, ErrorBox, Note } from "../../ui/parts.tsx";
import { useRecorded, useTestData } from "./test-data.ts";
import { TestCallResult } from "./test-result.tsx";

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
  const { query } = place.value;
  const asked = query.get("event") ?? "";
  const chosen = events.includes(asked) ? asked : (events[0] ?? "");
  const recorded = query.get("execution");
  const calls = useRecorded(chosen, definition === undefined ? id : null);
  const data = useTestData(chosen, recorded);
  const [result, setResult] = useState<TestResult | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  if (events.length === 0) {
    return (
      <Empty title="No event chosen">
        <p>A test call sends an event: choose one in the form first.</p>
      </Empty>
    );
  }
  if (!mayWrite())
    return <Note tone="info">A test call is made by an operator: what the handler does with it is real.</Note>;
  const pick = (parts: Readonly<Record<string, string | null>>): void => {
    setResult(null);
    setError(null);
    setQuery(parts);
  };
  const parsed = parseObject(data.text ?? "{}");
  const maySend = data.text !== null && data.problem === null && parsed.kind === "object";
  const call = async (): Promise<void> => {
    if (parsed.kind !== "object") return;
    setBusy(true);
    try {
      const sent = recorded !== null && data.isUntouched ? { execution: recorded } : { data: parsed.value };
      const body = { event: chosen, ...sent, ...(definition === undefined ? {} : { definition }) };
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
          onValue={(event) => pick({ event, execution: null })}
        />
        <SelectField
          label="Data of"
          value={recorded ?? ""}
          options={[
            ["", "the sample"],
            ...calls,
            ...(recorded === null || calls.some(([one]) => one === recorded)
              ? []
              : [[recorded, "a recorded call"] as const]),
          ]}
          onValue={(execution) => pick({ execution })}
        />
        <button type="button" class="primary" disabled={busy || !maySend} onClick={() => void call()}>
          {busy ? "Calling …" : "Call it"}
        </button>
      </div>
      {data.error !== null && <ErrorBox error={data.error} />}
      {data.problem !== null && <Note tone="warn">{data.problem}</Note>}
      {data.text !== null && data.problem === null && (
        <JsonField
          label="Data sent"
          text={data.text}
          onText={data.setText}
          {...(recorded === null ? {} : { hint: "As it was recorded: what is secret stands as *** and is sent so." })}
        />
      )}
      {error !== null && <ErrorBox error={error} />}
      <div aria-live="polite">{result !== null && <TestCallResult result={result} />}</div>
    </div>
  );
}
