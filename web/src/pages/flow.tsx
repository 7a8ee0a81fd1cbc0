import type { JSX } from "preact";
import { useResource } from "../api/resource.ts";
import type { Flow, FlowGroup, Switches } from "../api/types.ts";
import { ValueBar } from "../charts/outcome-bar.tsx";
import { count, counted, duration } from "../text/numbers.ts";
import { Badge, Card, Empty, ErrorBox, Loading, PageHead, Time } from "../ui/parts.tsx";
import { Table } from "../ui/table.tsx";
import { FlowMap, isBeforeGroup } from "./flow/flow-map.tsx";
import { PauseSwitch } from "./pause-switch.tsx";

export function FlowPage(): JSX.Element {
  const flow = useResource<Flow>("/api/flow", { on: ["handlers"], everyMs: 3000 });
  return (
    <>
      <PageHead
        title="Flow"
        lead="The path of an event: topics, groups, what waits where, and which instance holds it."
      />
      {flow.error !== null && <ErrorBox error={flow.error} retry={flow.reload} />}
      {flow.data === null && flow.error === null && <Loading what="topics and groups" />}
      {flow.data !== null && (
        <div class="cards">
          <Card title="Path" wide>
            <FlowMap flow={flow.data} />
          </Card>
          <Groups flow={flow.data} onDone={flow.reload} />
          <Instances flow={flow.data} />
          <Topics flow={flow.data} />
        </div>
      )}
    </>
  );
}

function Groups({ flow, onDone }: { readonly flow: Flow; readonly onDone: () => void }): JSX.Element {
  const most = Math.max(...flow.groups.map(({ lag }) => lag ?? 0), 1);
  const switches = useResource<Switches>("/api/switches", { on: ["handlers"] });
  const paused = new Set(switches.data?.pausedGroups.map(({ group }) => group));
  return (
    <Card title="Groups" wide>
      {flow.groups.length === 0 && (
        <Empty title="No groups">
          <p>
            Each handler after the event has one. <a href="/handlers/_new">Create a handler</a>
          </p>
        </Empty>
      )}
      {flow.groups.length > 0 && (
        <Table
          label="Groups"
          rows={flow.groups}
          id={({ groupId }) => groupId}
          columns={[
            {
              name: "Group",
              head: true,
              cell: ({ group, groupId }) => (
                <span class="named">
                  <strong>{group}</strong>
                  <code class="quiet">{groupId}</code>
                </span>
              ),
            },
            {
              name: "Handlers",
              cell: ({ handlers }) => (
                <span class="links">
                  {handlers.map((id) => (
                    <a key={id} href={`/handlers/${encodeURIComponent(id)}`}>
                      {id}
                    </a>
                  ))}
                </span>
              ),
            },
            { name: "State", cell: (group) => <GroupState group={group} /> },
            { name: "Members", number: true, cell: ({ members }) => members },
            {
              name: "Lag",
              cell: ({ lag }) =>
                lag === null ? (
                  <span class="quiet">unknown</span>
                ) : (
                  <ValueBar value={lag} top={most} text={count(lag)} tone={lag > 0 ? "warn" : "info"} />
                ),
            },
            {
              name: "Oldest",
              cell: ({ oldestMs, lag }) =>
                oldestMs === null || lag === 0 ? <span class="quiet">–</span> : duration(oldestMs),
            },
            { name: "Parked clients", number: true, cell: ({ parkedKeys }) => parkedKeys ?? "unknown" },
            { name: "Partitions", wide: true, cell: (group) => <Partitions group={group} /> },
            {
              name: "Do",
              cell: (group) =>
                isBeforeGroup(group, flow) ? null : (
                  <PauseSwitch
                    group={group.group}
                    paused={group.paused || paused.has(group.group)}
                    onDone={() => {
                      switches.reload();
                      onDone();
                    }}
                  />
                ),
            },
          ]}
        />
      )}
    </Card>
  );
}

function GroupState({ group }: { readonly group: FlowGroup }): JSX.Element {
  if (group.paused)
    return (
      <Badge tone="warn" icon="pause">
        paused
      </Badge>
    );
  const isWell = group.state.toLowerCase() === "stable";
  return (
    <Badge tone={isWell ? "ok" : "warn"} icon={isWell ? "ok" : "clock"}>
      {group.state.toLowerCase()}
    </Badge>
  );
}

/** A square a partition: filled by what waits in it. */
function Partitions({ group }: { readonly group: FlowGroup }): JSX.Element {
  const most = Math.max(...group.partitions.map(({ lag }) => lag ?? 0), 1);
  const waiting = group.partitions.filter(({ lag }) => (lag ?? 0) > 0);
  return (
    <details class="partitions">
      <summary>
        <span class="squares" aria-hidden="true">
          {group.partitions.slice(0, 48).map(({ topic, partition, lag }) => (
            <i
              key={`${topic}/${partition}`}
              class={(lag ?? 0) === 0 ? "square" : (lag ?? 0) * 2 > most ? "square full" : "square half"}
            />
          ))}
        </span>
        {waiting.length === 0
          ? counted(group.partitions.length, "partition")
          : `${waiting.length} of ${group.partitions.length} with lag`}
      </summary>
      <ul class="plain-list">
        {group.partitions.map(({ topic, partition, instance, lag }) => (
          <li key={`${topic}/${partition}`}>
            <code>
              {topic}/{partition}
            </code>{" "}
            {lag === null ? "unknown" : count(lag)} <span class="quiet">{instance ?? "nobody"}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Not heard for longer than this: it beats every two seconds. */
const silentMs = 10_000;

function Instances({ flow }: { readonly flow: Flow }): JSX.Element {
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

function Topics({ flow }: { readonly flow: Flow }): JSX.Element {
  const most = Math.max(...flow.topics.map(({ records }) => records), 1);
  return (
    <Card title="Topics" wide>
      <Table
        label="Topics"
        rows={flow.topics}
        id={({ topic }) => topic}
        columns={[
          { name: "Topic", head: true, cell: ({ topic }) => <code>{topic}</code> },
          { name: "What it holds", cell: ({ role }) => role },
          { name: "Partitions", number: true, cell: ({ partitions }) => partitions },
          {
            name: "Records, at most",
            cell: ({ records }) => <ValueBar value={records} top={most} text={count(records)} />,
          },
          {
            name: "A second",
            number: true,
            cell: ({ perSecond }) =>
              perSecond === null ? "–" : perSecond === 0 ? "0" : perSecond.toFixed(perSecond < 10 ? 1 : 0),
          },
        ]}
      />
    </Card>
  );
}
