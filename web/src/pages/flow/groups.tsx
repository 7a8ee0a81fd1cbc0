import type { JSX } from "preact";
import { useResource } from "../../api/resource.ts";
import type { Flow, FlowGroup, Switches } from "../../api/types.ts";
import { ValueBar } from "../../charts/outcome-bar.tsx";
import { count, counted, duration } from "../../text/numbers.ts";
import { Badge, Card, Empty } from "../../ui/parts.tsx";
import { Table } from "../../ui/table.tsx";
import { PauseSwitch } from "../pause-switch.tsx";
import { isBeforeGroup } from "./flow-map.tsx";

/** The consumer groups of handlers: how they do, what waits for them, and a switch for each. */
export function Groups({ flow, onDone }: { readonly flow: Flow; readonly onDone: () => void }): JSX.Element {
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
            {
              name: "Parked clients",
              number: true,
              cell: (group) => (isBeforeGroup(group, flow) ? "–" : (group.parkedKeys ?? "unknown")),
            },
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
