import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Compile } from "typebox/compile";
import { Flow } from "../../../src/admin/contract/flow.ts";
import type { StoredInstanceStatus } from "../../../src/kafka/records/instance-status-codec.ts";
import type { GroupState } from "../../../src/kafka/topics/groups.ts";
import type { InboundRecord } from "../../../src/model/record.ts";
import { topicNames } from "../../../src/model/topics.ts";
import { type FlowHandler, flowOf, type Seen } from "../../../src/operations/flow-answer.ts";
import { HandlerStates } from "../../../src/operations/handler-states.ts";
import { OldestUnread } from "../../../src/operations/oldest-unread.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const names = topicNames("p");
const log = (topic: string, partition: number, from: number, until: number) => ({ topic, partition, from, until });
const crm: GroupState = {
  groupId: "g.after.crm",
  state: "Stable",
  members: [{ clientId: "c", host: "h", topics: ["p.clients", "p.replays"] }],
  topics: ["p.clients"],
  positions: [
    { topic: "p.clients", partition: 0, offset: 40 },
    { topic: "p.clients", partition: 1, offset: 2 },
  ],
};
const status: StoredInstanceStatus = {
  instanceId: "i-1",
  host: "h",
  stage: "all",
  version: "1",
  startedAt: "2026-01-01T00:00:00.000Z",
  at: "2026-01-01T00:00:02.000Z",
  handlersRevision: 3,
  problems: [{ handler: "crm", problem: "no such script" }],
  waitingFor: [],
  loopLagMs: 2,
  breakers: [{ handler: "crm", pool: "after", state: "half-open" }],
  groups: [
    {
      group: "crm",
      groupId: "g.after.crm",
      state: "assigned",
      partitions: ["p.clients/1"],
      unsettled: 4,
      running: 1,
      oldestRunnableMs: 5,
      parkedKeys: 2,
      paused: true,
      braked: false,
    },
  ],
};
const handlers: readonly FlowHandler[] = [
  { id: "crm", stage: "after", group: "crm", status: "enabled" },
  { id: "old", stage: "after", group: "crm", status: "archived" },
  { id: "guard", stage: "before", group: null, status: "enabled" },
];
const seen: Seen = {
  atMs: 10_000,
  logs: [log("p.clients", 0, 10, 50), log("p.clients", 1, 5, 9), log("p.replays", 0, 0, 0)],
  groups: [crm],
  instances: [{ status, heardMs: 9000 }],
  oldestMs: new Map([["g.after.crm", 700]]),
};

suite("the flow", () => {
  test("is what the contract of the API says", () => {
    const flow = flowOf(seen, null, names, "g", handlers);
    assert.deepEqual([...Compile(Flow).Errors(flow)], []);
    assert.equal(flow.instances[0]?.heardAt, "1970-01-01T00:00:09.000Z");
    assert.equal(flow.instances[0].handlersRevision, 3);
  });

  test("counts a group's lag from what is kept, and says who owns each partition", () => {
    const [group] = flowOf(seen, null, names, "g", handlers).groups;
    assert.ok(group);
    assert.deepEqual(group.partitions, [
      { topic: "p.clients", partition: 0, instance: null, lag: 10 },
      // Its position is older than what is kept.
      { topic: "p.clients", partition: 1, instance: "i-1", lag: 4 },
      { topic: "p.replays", partition: 0, instance: null, lag: null },
    ]);
    const { lag, oldestMs, parkedKeys, paused, members } = group;
    assert.deepEqual(
      { lag, oldestMs, parkedKeys, paused, members },
      { lag: 14, oldestMs: 700, parkedKeys: 2, paused: true, members: 1 },
    );
    assert.deepEqual([group.group, group.handlers], ["crm", ["crm"]]);
  });

  test("shows the stage before as one group of all its handlers", () => {
    const before = { ...crm, groupId: "g.before", topics: ["p.clients.before"], members: [], positions: [] };
    const [group] = flowOf({ ...seen, groups: [before], instances: [] }, null, names, "g", handlers).groups;
    assert.deepEqual([group?.group, group?.handlers, group?.lag, group?.parkedKeys], ["before", ["guard"], null, null]);
  });

  test("tells how many records a second come, from the ends of two looks", () => {
    const before = { atMs: 8000, logs: [log("p.clients", 0, 0, 45), log("p.clients", 1, 0, 4)] };
    const [clients, replays] = flowOf(seen, before, names, "g", handlers).topics;
    assert.deepEqual(clients, { topic: "p.clients", role: "facts", partitions: 2, records: 44, perSecond: 5 });
    assert.deepEqual([replays?.role, replays?.perSecond], ["replays", null]);
  });
});

suite("the age of the oldest unread record", () => {
  const recordAt = (timestampMs: number): InboundRecord => ({
    ...{ topic: "p.clients", partition: 0, offset: 0, timestampMs, key: null, value: null, headers: {} },
  });

  test("is asked for once at each position, and is that of the worst partition", async () => {
    const clock = new FakeClock();
    const asked: number[] = [];
    const reader = {
      first: (_at: unknown, offset: number) => {
        asked.push(offset);
        return Promise.resolve(recordAt(clock.epochMs() - (offset === 40 ? 300 : 900)));
      },
    };
    const ages = new OldestUnread(reader, clock, 1000);
    assert.deepEqual([...(await ages.look([crm], seen.logs))], [["g.after.crm", 900]]);
    await clock.advance(100);
    assert.deepEqual([...(await ages.look([crm], seen.logs))], [["g.after.crm", 1000]]);
    assert.deepEqual(asked, [40, 5]);
  });

  test("is unknown where the time was up, until the next look", async () => {
    const clock = new FakeClock();
    const reader = { first: () => clock.advance(600).then(() => recordAt(clock.epochMs() - 50)) };
    const other = { ...crm, groupId: "g.after.b", positions: [{ topic: "p.clients", partition: 0, offset: 41 }] };
    const ages = new OldestUnread(reader, clock, 1000);
    assert.deepEqual([...(await ages.look([crm, other], seen.logs)).keys()], ["g.after.crm"]);
    assert.deepEqual([...(await ages.look([crm, other], seen.logs)).keys()], ["g.after.crm", "g.after.b"]);
  });
});

suite("what instances say of a handler", () => {
  const shown = (last: Seen) => ({ seen: last, flow: flowOf(last, null, names, "g", handlers) });
  const away = () => Promise.reject(new Error("the brokers are away"));
  const states = (last: Seen | null) => {
    const clock = new FakeClock();
    return new HandlerStates({
      flow: { look: away, last: last === null ? null : shown({ ...last, atMs: clock.epochMs() }) },
      clock,
    });
  };

  test("is its worst breaker, its problems, and its group's lag", () => {
    assert.deepEqual(states(seen).of({ id: "crm", group: "crm" }), {
      breaker: "half-open",
      problems: ["no such script"],
      lag: { records: 14, oldestMs: 700 },
    });
    assert.deepEqual(states(seen).of({ id: "guard", group: null }), { breaker: "closed", problems: [], lag: null });
  });

  test("is unknown while nobody was heard, and brokers that are away break nothing", async () => {
    await states(null).refresh();
    assert.deepEqual(states(null).of({ id: "crm", group: "crm" }), { breaker: null, problems: [], lag: null });
    assert.equal(states({ ...seen, instances: [] }).of({ id: "crm", group: "crm" }).breaker, null);
  });

  test("is there for whoever asks first, and nobody waits long for brokers that do not answer", async () => {
    const clock = new FakeClock();
    const flow = { last: null as ReturnType<typeof shown> | null, look: () => Promise.withResolvers<never>().promise };
    let isOver = false;
    const first = new HandlerStates({ flow, clock, waitMs: 300 });
    const waiting = first.refresh().then(() => (isOver = true));
    await clock.advance(299);
    assert.equal(isOver, false);
    await clock.advance(1);
    await waiting;
    const quick = {
      last: flow.last,
      look: () => Promise.resolve((quick.last = shown({ ...seen, atMs: clock.epochMs() }))),
    };
    const second = new HandlerStates({ flow: quick, clock });
    await second.refresh();
    assert.equal(second.of({ id: "crm", group: "crm" }).breaker, "half-open");
  });

  test("is not waited for once it is known, and unknown again when nothing was seen for half a minute", async () => {
    const clock = new FakeClock();
    const last = shown({ ...seen, atMs: clock.epochMs() });
    const known = new HandlerStates({ flow: { last, look: () => Promise.withResolvers<never>().promise }, clock });
    await known.refresh();
    await clock.advance(30_001);
    assert.equal(known.of({ id: "crm", group: "crm" }).breaker, null);
  });
});
