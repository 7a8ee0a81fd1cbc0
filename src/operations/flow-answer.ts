import type { Flow, FlowGroup, FlowInstance, FlowTopic } from "../admin/contract/flow.ts";
import type { LogRange } from "../kafka/consume/log-reader.ts";
import type { GroupState } from "../kafka/topics/groups.ts";
import type { HandlerStatus, Stage } from "../model/handler.ts";
import { partitionId } from "../model/record.ts";
import type { TopicNames } from "../model/topics.ts";
import type { HeardInstance } from "./instances.ts";

/** How everything flows: the answer of `GET /api/flow`, put together from what was seen. Pure. */

/** What of a handler the flow needs to know. */
export interface FlowHandler {
  readonly id: string;
  readonly stage: Stage;
  /** Null before the event. */
  readonly group: string | null;
  readonly status: HandlerStatus;
}

/** One look at the brokers and the instances. */
export interface Seen {
  readonly atMs: number;
  readonly logs: readonly LogRange[];
  readonly groups: readonly GroupState[];
  readonly instances: readonly HeardInstance[];
  /** Age of the oldest record that a group has not read, by group id; absent: unknown, or there is none. */
  readonly oldestMs: ReadonlyMap<string, number>;
}

export function flowOf(
  seen: Seen,
  before: Pick<Seen, "atMs" | "logs"> | null,
  names: TopicNames,
  groupPrefix: string,
  handlers: readonly FlowHandler[],
): Flow {
  return {
    topics: topicsOf(seen, before, names),
    groups: seen.groups.map((group) => groupOf(group, seen, groupPrefix, handlers)),
    instances: seen.instances.map(instanceOf),
  };
}

function topicsOf(seen: Seen, before: Pick<Seen, "atMs" | "logs"> | null, names: TopicNames): FlowTopic[] {
  const roles = rolesOf(names);
  const earlier = Map.groupBy(before?.logs ?? [], ({ topic }) => topic);
  return [...Map.groupBy(seen.logs, ({ topic }) => topic)].map(([topic, logs]) => {
    const was = earlier.get(topic);
    const seconds = before === null ? 0 : (seen.atMs - before.atMs) / 1000;
    const perSecond = was === undefined || seconds <= 0 ? null : Math.max(0, endOf(logs) - endOf(was)) / seconds;
    return {
      topic,
      role: roles.get(topic) ?? "other",
      partitions: logs.length,
      records: logs.reduce((sum, { from, until }) => sum + until - from, 0),
      perSecond: perSecond === null ? null : Math.round(perSecond * 10) / 10,
    };
  });
}

function endOf(logs: readonly LogRange[]): number {
  return logs.reduce((sum, { until }) => sum + until, 0);
}

function rolesOf({ facts, before, ...others }: TopicNames): ReadonlyMap<string, string> {
  const own = Object.entries(others).map(([role, topic]) => [topic, role === "deadLetters" ? "dead-letters" : role]);
  return new Map([
    ...Object.values(facts).map((topic) => [topic, "facts"] as const),
    ...Object.values(before).map((topic) => [topic, "requests"] as const),
    ...(own as [string, string][]),
  ]);
}

function groupOf(
  { groupId, state, members, topics, positions }: GroupState,
  { logs, instances, oldestMs }: Seen,
  groupPrefix: string,
  handlers: readonly FlowHandler[],
): FlowGroup {
  const name = groupId.slice(`${groupPrefix}.`.length);
  const group = name.replace(/^after\./, "");
  const standings = instances.flatMap(({ status }) =>
    status.groups.filter((one) => one.groupId === groupId).map((one) => ({ ...one, instance: status.instanceId })),
  );
  const owners = new Map(standings.flatMap(({ instance, partitions }) => partitions.map((at) => [at, instance])));
  const committed = new Map(positions.map((one) => [partitionId(one), one.offset]));
  const subscribed = new Set([...topics, ...members.flatMap((member) => member.topics)]);
  const partitions = logs
    .filter(({ topic }) => subscribed.has(topic))
    .map(({ topic, partition, from, until }) => {
      const at = partitionId({ topic, partition });
      const offset = committed.get(at);
      const lag = offset === undefined ? null : Math.max(until - Math.max(offset, from), 0);
      return { topic, partition, instance: owners.get(at) ?? null, lag };
    });
  const lags = partitions.flatMap(({ lag }) => (lag === null ? [] : [lag]));
  const isBefore = name === "before";
  return {
    group,
    groupId,
    handlers: handlers
      .filter(
        ({ stage, group: own, status }) => status !== "archived" && (isBefore ? stage === "before" : own === group),
      )
      .map(({ id }) => id),
    state,
    members: members.length,
    topics: [...subscribed].sort(),
    lag: lags.length === 0 ? null : lags.reduce((sum, lag) => sum + lag, 0),
    oldestMs: oldestMs.get(groupId) ?? null,
    parkedKeys: standings.length === 0 ? null : standings.reduce((sum, { parkedKeys }) => sum + parkedKeys, 0),
    paused: standings.some(({ paused }) => paused),
    partitions,
  };
}

function instanceOf({ status, heardMs }: HeardInstance): FlowInstance {
  const { instanceId, host, stage, version, startedAt, handlersRevision, problems, waitingFor, loopLagMs } = status;
  return {
    ...{ instance: instanceId, host, stage, version, startedAt, handlersRevision, loopLagMs },
    heardAt: new Date(heardMs).toISOString(),
    problems: [...problems],
    waitingFor: [...waitingFor],
  };
}
