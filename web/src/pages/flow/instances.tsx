import type { JSX } from "preact";
import type { Flow } from "../../api/types.ts";
import { duration } from "../../text/numbers.ts";
import { Badge, Card, Empty, Time } from "../../ui/parts.tsx";
import { Table } from "../../ui/table.tsx";

/** Not heard for longer than this: it beats every two seconds. */
const silentMs = 10_000;

/** What every instance says of itself. */
export function Instances({ flow }: { readonly flow: Flow }): JSX.Element {
  const newest = Math.max(...flow.instances.map(({ handlersRevision }) => handlersRevision), 0);
  return (
    <Card title="Instances" wide>
      {flow.instances.length === 0 && (
        <Empty title="No instance is heard">
          <p>
            Start one: <code>provisioning-bridge serve</code>. What happens meanwhile waits in Kafka.
          </p>
        </Empty>
      )}
      {flow.instances.length > 0 && (
        <Table
          label="Instances"
          rows={flow.instances}
          id={({ instance }) => instance}
          columns={[
            {
              name: "Instance",
              head: true,
              cell: ({ instance, host }) => (
                <span class="named">
                  <code>{instance}</code>
                  <span class="quiet">{host}</span>
                </span>
              ),
            },
            { name: "Stage", cell: ({ stage }) => stage },
            {
              name: "State",
              cell: ({ heardAt, waitingFor }) =>
                Date.now() - Date.parse(heardAt) > silentMs ? (
                  <Badge tone="bad" icon="bad">
                    silent
                  </Badge>
                ) : waitingFor.length > 0 ? (
                  <Badge tone="warn" icon="clock">
                    waits for {waitingFor.join(", ")}
                  </Badge>
                ) : (
                  <Badge tone="ok" icon="ok">
                    ready
                  </Badge>
                ),
            },
            {
              name: "Handlers",
              cell: ({ handlersRevision, problems }) => (
                <>
                  revision {handlersRevision}
                  {handlersRevision < newest && (
                    <Badge tone="warn" icon="clock">
                      behind
                    </Badge>
                  )}
                  {problems.map(({ handler, problem }) => (
                    <span key={problem} class="row-problem">
                      {handler === null ? "" : `${handler}: `}
                      {problem}
                    </span>
                  ))}
                </>
              ),
            },
            {
              name: "Loop lag",
              number: true,
              cell: ({ loopLagMs }) => (loopLagMs === null ? "–" : duration(loopLagMs)),
            },
            { name: "Version", wide: true, cell: ({ version }) => version },
            { name: "Started", wide: true, cell: ({ startedAt }) => <Time at={startedAt} /> },
            { name: "Heard", cell: ({ heardAt }) => <Time at={heardAt} /> },
          ]}
        />
      )}
    </Card>
  );
}
