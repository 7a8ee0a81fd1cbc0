import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError, ask, part } from "../api/client.ts";
import type { EventExplanation } from "../api/types.ts";
import { BudgetBar } from "../charts/budget-bar.tsx";
import { pretty } from "../text/json.ts";
import { duration } from "../text/numbers.ts";
import { JsonField, parseObject } from "../ui/json-field.tsx";
import { Badge, ErrorBox } from "../ui/parts.tsx";
import { Table } from "../ui/table.tsx";

/** `explain` with data that can be edited; calls nothing. */
export function Explain({ id, sample }: { readonly id: string; readonly sample: string }): JSX.Element {
  const [text, setText] = useState(() => pretty(dataOf(sample)));
  const [client, setClient] = useState("");
  const [found, setFound] = useState<EventExplanation | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const data = parseObject(text);
  const explain = async (): Promise<void> => {
    if (data.kind !== "object") return;
    setBusy(true);
    try {
      const body = { data: data.value, ...(client === "" ? {} : { client }) };
      setFound(await ask<EventExplanation>(`/api/events/${part(id)}/explain`, { method: "POST", body }));
      setError(null);
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
      setFound(null);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      class="explain"
      onSubmit={(event) => {
        event.preventDefault();
        void explain();
      }}
    >
      <JsonField label="Data of the event" text={text} onText={setText} />
      <div class="row">
        <div class="filter">
          <label for="explain-client">Client id</label>
          <input
            id="explain-client"
            value={client}
            onInput={(event) => setClient(event.currentTarget.value)}
            placeholder="from the data"
          />
        </div>
        <button type="submit" class="primary" disabled={busy || data.kind !== "object"}>
          {busy ? "Explaining …" : "Explain"}
        </button>
        <span class="quiet">Nothing is called.</span>
      </div>
      {error !== null && <ErrorBox error={error} />}
      {found !== null && <Explained found={found} />}
    </form>
  );
}

/** A body's data as text, digits kept. */
export function dataOf(body: string): string {
  const at = body.search(/"data"\s*:\s*\{/);
  if (at < 0) return body;
  const start = body.indexOf("{", at + 6);
  let depth = 0;
  let inText = false;
  for (let index = start; index < body.length; index++) {
    const char = body[index];
    if (char === "\\") index += 1;
    else if (char === '"') inText = !inText;
    else if (!inText && char === "{") depth += 1;
    else if (!inText && char === "}" && --depth === 0) return body.slice(start, index + 1);
  }
  return body;
}

function Explained({ found }: { readonly found: EventExplanation }): JSX.Element {
  const { before, budget, after } = found;
  const asked = before === null ? [] : [...before.mutators, ...before.validators];
  return (
    <div class="explained" aria-live="polite">
      <h3>Before it happens</h3>
      {before === null && (
        <p class="quiet">Nobody is asked about this event: it is only told of once it has happened.</p>
      )}
      {before !== null && asked.length === 0 && <p class="quiet">Nobody would be asked: it is allowed, unchanged.</p>}
      {before !== null && asked.length > 0 && (
        <>
          <ol class="chain">
            {asked.map((one) => (
              <li key={one.id}>
                <a href={`/handlers/${part(one.id)}`}>{one.id}</a>{" "}
                <span class="quiet">{one.role === "mutator" ? "may change" : "checks"}</span> within{" "}
                {duration(one.timeoutMs)}
                {one.when !== null && <code class="quiet"> when {one.when}</code>}
                {one.conditionError !== null && <Badge tone="bad">condition fails: {one.conditionError}</Badge>}
              </li>
            ))}
          </ol>
          <p>
            If all allow: <strong>{before.ifAllAllow.decision}</strong>, after at most {duration(before.ifAllAllow.ms)}.
          </p>
        </>
      )}
      {before !== null && before.notAsked.some(({ why }) => why !== "other-events") && (
        <p class="quiet">
          Not asked:{" "}
          {before.notAsked
            .filter(({ why }) => why !== "other-events")
            .map(({ id, why }) => `${id} (${why})`)
            .join(", ")}
        </p>
      )}
      {budget !== null && (
        <BudgetBar
          row={{ ...budget, event: budget.eventId, mutators: [...budget.mutators], validators: [...budget.validators] }}
        />
      )}
      {before !== null && asked.length > 0 && (
        <details>
          <summary>The verdict if a handler were down</summary>
          <Table
            label="Verdict if a handler were down"
            rows={[...before.ifDown]}
            id={({ down, kind }) => `${down ?? "all"} ${kind}`}
            columns={[
              { name: "Down", head: true, cell: ({ down }) => down ?? "all of them" },
              { name: "By", cell: ({ kind }) => kind },
              {
                name: "Verdict",
                cell: ({ decision }) => <Badge tone={decision === "allow" ? "ok" : "info"}>{decision}</Badge>,
              },
              {
                name: "Decided by",
                cell: ({ decidedBy, handler }) => `${decidedBy}${handler === null ? "" : ` (${handler})`}`,
              },
              { name: "After at most", number: true, cell: ({ ms }) => duration(ms) },
            ]}
          />
        </details>
      )}
      <h3>After it happened</h3>
      {after.length === 0 && <p class="quiet">Nobody would be told.</p>}
      {after.length > 0 && (
        <Table
          label="Who would be told"
          rows={[...after]}
          id={({ id }) => id}
          columns={[
            { name: "Handler", head: true, cell: ({ id }) => <a href={`/handlers/${part(id)}`}>{id}</a> },
            { name: "Group", cell: ({ group, place }) => `${group}, place ${place}` },
            {
              name: "Told",
              cell: ({ told }) => (
                <Badge tone={told === "yes" ? "ok" : told === "when-error" ? "bad" : "quiet"}>{toldWords[told]}</Badge>
              ),
            },
            { name: "When", wide: true, cell: ({ when }) => <code>{when ?? "always"}</code> },
          ]}
        />
      )}
    </div>
  );
}

const toldWords = {
  yes: "yes",
  waits: "waits: disabled here or before it",
  "when-false": "no: its condition is false",
  "when-error": "dead letter: its condition fails",
} as const;
