import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  carryingBytes,
  differences,
  type FoundTopic,
  planTopics,
  setUpTopics,
  type TopicAdmin,
  type TopicPlan,
} from "../../../src/kafka/topics/topics.ts";
import { topicNames } from "../../../src/model/topics.ts";

const plans = planTopics(topicNames("billing"), { partitions: 6, replicationFactor: -1 });
const dayMs = 86_400_000;

function planOf(topic: string): TopicPlan {
  const plan = plans.find((candidate) => candidate.topic === topic);
  assert.ok(plan, topic);
  return plan;
}

function asFound(plan: TopicPlan, changes: Record<string, string> = {}, partitions = plan.partitions): FoundTopic {
  const config = new Map(Object.entries({ "segment.ms": "604800000", ...plan.config, ...changes }));
  return { partitions, config, overrides: new Map(Object.entries({ ...plan.config, ...changes })) };
}

/** A broker in memory that counts what it is told. */
function brokerWith(topics: Iterable<readonly [string, FoundTopic]>) {
  const found = new Map(topics);
  const created: string[] = [];
  const altered: [string, ReadonlyMap<string, string>][] = [];
  const admin: TopicAdmin = {
    find: (names) => Promise.resolve(new Map([...found].filter(([name]) => names.includes(name)))),
    create: (missing) => {
      for (const plan of missing) {
        created.push(plan.topic);
        found.set(plan.topic, asFound(plan));
      }
      return Promise.resolve();
    },
    alter: (topic, config) => {
      altered.push([topic, config]);
      const before = found.get(topic);
      assert.ok(before);
      found.set(topic, { ...before, config: new Map([...before.config, ...config]), overrides: config });
      return Promise.resolve();
    },
  };
  return { admin, found, created, altered };
}

const does = { dryRun: false, fix: false };

test("what is compacted, or kept for an hour, is so within another hour: the newest part of a log never is", () => {
  const short = plans.filter(
    ({ config }) => config["cleanup.policy"] === "compact" || Number(config["retention.ms"]) === 3_600_000,
  );
  assert.deepEqual(
    short.map(({ topic, config }) => [topic, config["segment.ms"]]),
    ["clients.before", "accounts.before", "packages.before", "verdicts", "bridges", "instances"].map((name) => [
      `billing.${name}`,
      "3600000",
    ]),
  );
});

test("the plan holds every topic of the prefix once", () => {
  const { facts, before, ...others } = topicNames("billing");
  const names = [...Object.values(facts), ...Object.values(before), ...Object.values(others)].sort();
  assert.deepEqual(plans.map(({ topic }) => topic).sort(), names);
});

test("each topic is kept for as long as its purpose needs, and no longer", () => {
  const retention = Object.fromEntries(plans.map(({ topic, config }) => [topic, config["retention.ms"]]));
  assert.deepEqual(retention, {
    "billing.clients": String(14 * dayMs),
    "billing.accounts": String(14 * dayMs),
    "billing.packages": String(14 * dayMs),
    "billing.balance": String(14 * dayMs),
    "billing.imports": String(14 * dayMs),
    "billing.clients.before": "3600000",
    "billing.accounts.before": "3600000",
    "billing.packages.before": "3600000",
    "billing.verdicts": "3600000",
    "billing.handlers": "-1",
    "billing.bridges": undefined,
    "billing.instances": undefined,
    "billing.parked": String(14 * dayMs),
    "billing.dead-letters": String(30 * dayMs),
    "billing.replays": String(14 * dayMs),
    "billing.decisions": String(7 * dayMs),
    "billing.executions": String(7 * dayMs),
    "billing.audit": String(90 * dayMs),
  });
});

test("requests, handlers and what instances say, and only they, are stamped by the broker", () => {
  const stamped = plans.filter(({ config }) => config["message.timestamp.type"] === "LogAppendTime");
  assert.deepEqual(
    stamped.map(({ topic }) => topic),
    [
      "billing.clients.before",
      "billing.accounts.before",
      "billing.packages.before",
      "billing.handlers",
      "billing.instances",
    ],
  );
});

test("topics that carry whole records take twice the size of a fact", () => {
  const large = plans.filter(({ config }) => config["max.message.bytes"] === String(carryingBytes));
  assert.deepEqual(
    large.map(({ topic }) => topic),
    [
      "billing.verdicts",
      "billing.handlers",
      "billing.parked",
      "billing.dead-letters",
      "billing.replays",
      "billing.decisions",
    ],
  );
  assert.equal(Number(planOf("billing.clients").config["max.message.bytes"]) * 2, carryingBytes);
});

test("handlers, bridges, instances and the audit log have one partition, all others as many as are asked for", () => {
  const counts = new Set(plans.filter(({ partitions }) => partitions === 1).map(({ topic }) => topic));
  assert.deepEqual(counts, new Set(["billing.handlers", "billing.bridges", "billing.instances", "billing.audit"]));
  assert.ok(plans.every(({ partitions }) => partitions === 1 || partitions === 6));
});

test("only what instances say of themselves is compacted", () => {
  const compacted = plans.filter(({ config }) => config["cleanup.policy"] === "compact");
  assert.deepEqual(
    compacted.map(({ topic }) => topic),
    ["billing.bridges", "billing.instances"],
  );
});

test("more partitions than planned are no difference, unless one is what keeps the order", () => {
  assert.deepEqual(differences(planOf("billing.clients"), asFound(planOf("billing.clients"), {}, 12)), []);
  assert.deepEqual(differences(planOf("billing.handlers"), asFound(planOf("billing.handlers"), {}, 2)), [
    { what: "partitions", found: "2", planned: "1", fixable: false },
  ]);
});

test("an empty broker gets every topic, and a second run finds nothing to do", async () => {
  const { admin, created, altered } = brokerWith([]);
  const first = await setUpTopics(admin, plans, does);
  assert.deepEqual(new Set(first.map(({ kind }) => kind)), new Set(["created"]));
  assert.equal(created.length, plans.length);
  const second = await setUpTopics(admin, plans, { dryRun: false, fix: true });
  assert.deepEqual(new Set(second.map(({ kind }) => kind)), new Set(["unchanged"]));
  assert.equal(created.length, plans.length);
  assert.deepEqual(altered, []);
});

test("a topic that differs is reported and left alone without fix", async () => {
  const plan = planOf("billing.clients");
  const { admin, altered } = brokerWith([[plan.topic, asFound(plan, { "retention.ms": "1000" })]]);
  const [outcome] = await setUpTopics(admin, [plan], does);
  const difference = { what: "retention.ms", found: "1000", planned: plan.config["retention.ms"], fixable: true };
  assert.deepEqual(outcome, { kind: "differs", topic: plan.topic, fixed: [], differences: [difference] });
  assert.deepEqual(altered, []);
});

test("fixing keeps what an operator stated besides: the broker replaces all of a topic's configs at once", async () => {
  const plan = planOf("billing.clients");
  const found = asFound(plan, { "retention.ms": "1000", "min.insync.replicas": "2" });
  const { admin, altered } = brokerWith([[plan.topic, found]]);
  const [outcome] = await setUpTopics(admin, [plan], { dryRun: false, fix: true });
  assert.equal(outcome?.kind, "fixed");
  assert.deepEqual(altered, [[plan.topic, new Map(Object.entries({ ...plan.config, "min.insync.replicas": "2" }))]]);
});

test("what fix cannot mend is still said, besides what it mended", async () => {
  const plan = planOf("billing.clients");
  const { admin } = brokerWith([[plan.topic, asFound(plan, { "cleanup.policy": "compact" }, 3)]]);
  const [outcome] = await setUpTopics(admin, [plan], { dryRun: false, fix: true });
  assert.ok(outcome?.kind === "differs");
  assert.deepEqual(
    [outcome.fixed.map(({ what }) => what), outcome.differences.map(({ what }) => what)],
    [["cleanup.policy"], ["partitions"]],
  );
});

test("a dry run says the same as the real one and touches nothing, whatever is there", async () => {
  const states = fc.constantFrom("missing", "as planned", "short retention", "few partitions");
  await fc.assert(
    fc.asyncProperty(
      fc.array(states, { minLength: plans.length, maxLength: plans.length }),
      fc.boolean(),
      async (list, fix) => {
        const there = plans.flatMap((plan, at): [string, FoundTopic][] => {
          if (list[at] === "missing") return [];
          if (list[at] === "short retention") return [[plan.topic, asFound(plan, { "retention.ms": "5" })]];
          return [[plan.topic, asFound(plan, {}, list[at] === "few partitions" ? 0 : plan.partitions)]];
        });
        const dry = brokerWith(there);
        const real = brokerWith(there);
        const said = await setUpTopics(dry.admin, plans, { dryRun: true, fix });
        assert.deepEqual([dry.created, dry.altered], [[], []]);
        assert.deepEqual(said, await setUpTopics(real.admin, plans, { dryRun: false, fix }));
        for (const [topic, { partitions }] of there) assert.equal(real.found.get(topic)?.partitions, partitions);
      },
    ),
    { numRuns: 50 },
  );
});
