import type { JSX } from "preact";
import type { Flow, FlowGroup, FlowTopic } from "../../api/types.ts";
import { count, counted, duration } from "../../text/numbers.ts";

/** The path drawn: core, topics, groups, what comes of it. Below, tables say the same. */

const width = 1080;
const columns = { core: 0, topics: 150, groups: 480, ends: 880 } as const;
const sizes = { core: 112, topics: 236, groups: 290, ends: 200 } as const;
const nodeHeight = 46;
const gap = 12;

interface Placed<T> {
  readonly item: T;
  readonly y: number;
}

function place<T>(items: readonly T[], from: number): readonly Placed<T>[] {
  return items.map((item, at) => ({ item, y: from + at * (nodeHeight + gap) }));
}

const heightOf = (items: number): number => items * (nodeHeight + gap);

export function FlowMap({ flow }: { readonly flow: Flow }): JSX.Element {
  const ofRole = (role: RegExp): readonly FlowTopic[] => flow.topics.filter((topic) => role.test(topic.role));
  const requests = place(ofRole(/^(requests|before)/), 26);
  const beforeHeight = Math.max(heightOf(requests.length), nodeHeight + gap);
  const afterFrom = 26 + beforeHeight + 36;
  const facts = place(ofRole(/^facts/), afterFrom);
  const groups = place(
    flow.groups.filter((group) => !isBeforeGroup(group, flow)),
    afterFrom,
  );
  const verdicts = ofRole(/^verdicts/)[0];
  const letters = ofRole(/^dead/)[0];
  const height = afterFrom + Math.max(heightOf(facts.length), heightOf(groups.length), heightOf(2)) + 4;
  const instances = flow.instances.filter(({ stage }) => stage !== "after").length;
  const middle = (y: number): number => y + nodeHeight / 2;
  const lastY = afterFrom + 24;
  return (
    <div
      class="flow-box"
      tabIndex={0}
      role="region"
      aria-label="Path of an event, drawn; the tables below say the same"
    >
      <svg class="flow-map" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={summary(flow)}>
        <text class="lane" x={columns.topics} y="14">
          asked before it happens
        </text>
        <text class="lane" x={columns.topics} y={afterFrom - 12}>
          told after it happened
        </text>
        {requests.map(({ item, y }) => (
          <g key={item.topic}>
            <Link from={[sizes.core, middle(26)]} to={[columns.topics, middle(y)]} busy={(item.perSecond ?? 0) > 0} />
            <Link
              from={[columns.topics + sizes.topics, middle(y)]}
              to={[columns.groups, middle(26)]}
              busy={(item.perSecond ?? 0) > 0}
            />
          </g>
        ))}
        <Link
          from={[columns.groups + sizes.groups, middle(26)]}
          to={[columns.ends, middle(26)]}
          busy={(verdicts?.perSecond ?? 0) > 0}
        />
        {facts.map(({ item, y }) => (
          <Link
            key={item.topic}
            from={[sizes.core, middle(afterFrom)]}
            to={[columns.topics, middle(y)]}
            busy={(item.perSecond ?? 0) > 0}
          />
        ))}
        {groups.flatMap(({ item, y }) => [
          ...facts
            .filter((fact) => item.topics.includes(fact.item.topic))
            .map((fact) => (
              <Link
                key={`${item.groupId} ${fact.item.topic}`}
                from={[columns.topics + sizes.topics, middle(fact.y)]}
                to={[columns.groups, middle(y)]}
                busy={(item.lag ?? 0) > 0}
              />
            )),
          <Link
            key={item.groupId}
            from={[columns.groups + sizes.groups, middle(y)]}
            to={[columns.ends, middle(lastY)]}
            busy={false}
            faint
          />,
        ])}
        <Node x={0} y={26} w={sizes.core} title="billing core" text="asks" />
        <Node x={0} y={afterFrom} w={sizes.core} title="billing core" text="publishes" />
        {[...requests, ...facts].map(({ item, y }) => (
          <Node key={item.topic} x={columns.topics} y={y} w={sizes.topics} title={item.topic} text={topicText(item)} />
        ))}
        <Node
          x={columns.groups}
          y={26}
          w={sizes.groups}
          title="before handlers"
          text={`asked by ${counted(instances, "instance")}, by the deadline`}
          kind="group"
        />
        <Node
          x={columns.ends}
          y={26}
          w={sizes.ends}
          title={verdicts?.topic ?? "verdicts"}
          text={verdicts === undefined ? "" : topicText(verdicts)}
        />
        {groups.map(({ item, y }) => (
          <Node
            key={item.groupId}
            x={columns.groups}
            y={y}
            w={sizes.groups}
            title={item.group}
            text={groupText(item)}
            kind={kindOf(item)}
          />
        ))}
        <Node
          x={columns.ends}
          y={lastY}
          w={sizes.ends}
          title="delivered, or"
          text={letters === undefined ? "dead letters" : counted(letters.records, "dead letter")}
          {...(letters !== undefined && letters.records > 0 ? { kind: "warn" as const } : {})}
        />
      </svg>
    </div>
  );
}

/** Those who are asked share one group, which takes requests and nothing else. */
export function isBeforeGroup(group: FlowGroup, flow: Flow): boolean {
  const requests = new Set(flow.topics.filter(({ role }) => role === "requests").map(({ topic }) => topic));
  return group.topics.length > 0 && group.topics.every((topic) => requests.has(topic));
}

type Kind = "topic" | "group" | "warn" | "bad";

function kindOf(group: FlowGroup): Kind {
  if (group.paused || group.members === 0) return "bad";
  return (group.lag ?? 0) > 0 ? "warn" : "group";
}

function topicText({ records, perSecond }: FlowTopic): string {
  return perSecond === null || perSecond === 0
    ? counted(records, "record")
    : `${counted(records, "record")}, ${perSecond.toFixed(1)}/s`;
}

function groupText({ lag, oldestMs, members, paused, parkedKeys }: FlowGroup): string {
  const state = paused ? "paused" : members === 0 ? "nobody runs it" : counted(members, "member");
  const waits =
    lag === null
      ? "lag unknown"
      : lag === 0
        ? "nothing waits"
        : `${count(lag)} wait${oldestMs === null ? "" : `, oldest ${duration(oldestMs)}`}`;
  return `${state}, ${waits}${(parkedKeys ?? 0) > 0 ? `, ${count(parkedKeys ?? 0)} parked` : ""}`;
}

function summary({ topics, groups, instances }: Flow): string {
  const waiting = groups.filter(({ lag }) => (lag ?? 0) > 0).map(({ group, lag }) => `${group}: ${lag ?? 0}`);
  return `${counted(topics.length, "topic")}, ${counted(groups.length, "group")}, ${counted(instances.length, "instance")}. Waiting: ${waiting.join(", ") || "nothing"}.`;
}

function Node({
  x,
  y,
  w,
  title,
  text,
  kind = "topic",
}: {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly title: string;
  readonly text: string;
  readonly kind?: Kind;
}): JSX.Element {
  const most = Math.floor((w - 20) / 7.4);
  return (
    <g class={`node ${kind}`} transform={`translate(${x} ${y})`}>
      <rect width={w} height={nodeHeight} rx="7" />
      <text class="node-title" x="11" y="19">
        {title.length > most ? `${title.slice(0, most - 1)}…` : title}
        <title>{title}</title>
      </text>
      <text class="node-text" x="11" y="36">
        {text}
      </text>
    </g>
  );
}

function Link({
  from,
  to,
  busy,
  faint = false,
}: {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly busy: boolean;
  readonly faint?: boolean;
}): JSX.Element {
  const bend = (to[0] - from[0]) / 2;
  const path = `M${from[0]} ${from[1]} C${from[0] + bend} ${from[1]} ${to[0] - bend} ${to[1]} ${to[0]} ${to[1]}`;
  return <path class={`link${busy ? " busy" : ""}${faint ? " faint" : ""}`} d={path} />;
}
