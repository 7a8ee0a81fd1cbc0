import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type LogReader, openLogReader } from "../../src/kafka/consume/log-reader.ts";
import { systemClock } from "../../src/model/clock.ts";
import { FlowLook } from "../../src/operations/flow.ts";
import { type HeardInstance, InstanceWatch } from "../../src/operations/instances.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { cli } from "../support/cli.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { asked, told } from "../support/handlers.ts";
import { Sink } from "../support/sink.ts";

/** What a bridge says of itself, from both of its threads, and how everything flows. */

const undo: (() => Promise<void>)[] = [];
let topics: FreshTopics;
let sink: Sink;
let bridge: BridgeProcess;
let reader: LogReader;

before(async () => {
  sink = await Sink.open();
  undo.push(() => sink.close());
  topics = await FreshTopics.open({ partitions: 2 });
  undo.push(() => topics.close());
  const handlers = [
    asked({ id: "guard", events: ["clients.update"], url: sink.url("/guard") }),
    told({ id: "crm", events: ["clients.update"], url: sink.url("/crm") }),
  ];
  // The log, which its handlers fill: commands change it.
  const env = { ...topics.env, HANDLERS_MODE: "topic" };
  bridge = await BridgeProcess.ready({ env, stage: "all", handlers });
  undo.push(() => bridge.kill());
  reader = await openLogReader(topics.client, 10_000);
  undo.push(() => reader.close());
});

after(async () => {
  for (const step of undo.reverse()) await step();
});

function watch(): InstanceWatch {
  const { client, names, registry } = topics;
  return new InstanceWatch({
    ...{ client, registry, reader, topic: names.instances, timeoutMs: 10_000 },
    clock: systemClock,
  });
}

async function heard(instances: InstanceWatch, holds: (one: HeardInstance) => boolean): Promise<HeardInstance> {
  let found: HeardInstance | undefined;
  await eventually("the instance says so", async () => {
    found = (await instances.look()).find(holds);
    return found !== undefined;
  });
  assert.ok(found);
  return found;
}

test("an instance says what it runs, and which partitions its other thread owns", async () => {
  const { status } = await heard(watch(), (one) => one.status.groups[0]?.state === "assigned");
  assert.equal(status.stage, "all");
  assert.deepEqual(status.waitingFor, []);
  assert.equal(status.instanceId, bridge.said("bridge starting")[0]?.["instance"]);
  const [group] = status.groups;
  assert.equal(group?.group, "crm");
  const { clients, accounts } = topics.names.facts;
  assert.deepEqual(
    group.partitions.filter((at) => at.startsWith(`${clients}/`) || at.startsWith(`${accounts}/`)),
    [`${clients}/0`, `${clients}/1`],
  );
  assert.ok(status.loopLagMs !== null && status.loopLagMs >= 0);
});

test("a breaker that opens is told, from either thread", async () => {
  sink.on("/crm", () => ({ status: 503 }));
  sink.on("/guard", () => ({ status: 503 }));
  const core = await topics.core({ onSilence: "forbid", skipWithoutHandlers: false });
  for (let id = 1; id <= 6; id++) {
    await core.publish({ id: "clients.update", data: { id, name: "x" } });
    await core.request({ id: "clients.update", data: { id, name: "x" } });
  }
  const pools = ["after", "before"];
  const { status } = await heard(watch(), (one) =>
    pools.every((pool) => one.status.breakers.some((b) => b.pool === pool)),
  );
  assert.deepEqual(new Set(status.breakers.map(({ handler }) => handler)), new Set(["guard", "crm"]));
});

test("the flow shows topics, groups with who owns what, and the instance; many who look cost one look", async () => {
  const { client, names } = topics;
  const instances = watch();
  let looks = 0;
  const flow = new FlowLook({
    ...{ client, topics: names, groupPrefix: topics.prefix, timeoutMs: 10_000, reader, clock: systemClock },
    instances: {
      look: () => {
        looks++;
        return instances.look();
      },
    },
    handlers: () => [
      { id: "guard", stage: "before", group: null, status: "enabled" },
      { id: "crm", stage: "after", group: "crm", status: "enabled" },
    ],
  });
  const [first, same] = await Promise.all([flow.look(), flow.look()]);
  assert.equal(first, same);
  assert.equal(await flow.look(), first);
  assert.equal(looks, 1);
  const { groups, instances: shown, topics: list } = first.flow;
  assert.deepEqual(
    groups.map(({ group, handlers, members }) => [group, handlers, members]),
    [
      ["crm", ["crm"], 1],
      ["before", ["guard"], 1],
    ],
  );
  const [crm] = groups;
  assert.ok(crm?.lag !== null && crm !== undefined && crm.lag > 0, "what its handler refuses waits");
  assert.ok(crm.oldestMs !== null && crm.oldestMs < 60_000);
  const owned = crm.partitions.filter(({ topic }) => topic === names.facts.clients);
  assert.deepEqual(new Set(owned.map(({ instance }) => instance)), new Set([shown[0]?.instance]));
  const clients = list.find(({ topic }) => topic === names.facts.clients);
  assert.deepEqual([clients?.role, clients?.partitions, clients?.records], ["facts", 2, 6]);
  const { facts, before, ...others } = names;
  const all = [...Object.values(facts), ...Object.values(before), ...Object.values(others)];
  assert.deepEqual(list.map(({ topic }) => topic).sort(), all.sort());
});

test("a command that changes a handler ends when the instance runs it, in both of its threads", async () => {
  for (const id of ["crm", "guard"]) {
    const { code, stderr } = await cli(["handlers", "disable", id, "--json"], {
      ...topics.env,
      EGRESS_ALLOW: "127.0.0.0/8",
    });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /runs on 1 instance, after \d\.\d s/);
  }
});

test("an instance that stops as planned is gone at once", async () => {
  const instances = watch();
  assert.equal((await instances.look()).length, 1);
  assert.equal(await bridge.terminate(), 0);
  assert.deepEqual(await instances.look(), []);
  assert.deepEqual(await watch().look(), [], "nor does somebody new hear of it");
});
