import type { JSX } from "preact";
import type { TestResult } from "../../api/types.ts";
import { pretty } from "../../text/json.ts";
import { duration } from "../../text/numbers.ts";
import { Table } from "../../ui/table.tsx";
import { Code } from "../../ui/tabs.tsx";
import { OutcomeBadge } from "../handler-words.tsx";

/** What a test call sent, what came back, and what that would have meant. */
export function TestCallResult({ result }: { readonly result: TestResult }): JSX.Element {
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
          <h2>Request</h2>
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
          <h2>Answer</h2>
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
