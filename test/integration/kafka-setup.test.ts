import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import kafkajs, { type Admin } from "kafkajs";
import { BridgeError } from "../../src/errors.ts";
import { createKafkaClient } from "../../src/kafka/connection/client.ts";
import { createRegistry } from "../../src/kafka/registry/registry.ts";
import { registrations } from "../../src/kafka/registry/schemas.ts";
import { type SetupOptions, setUp } from "../../src/kafka/topics/setup.ts";
import { planTopics } from "../../src/kafka/topics/topics.ts";
import { silentLogger } from "../../src/model/logger.ts";
import { topicNames } from "../../src/model/topics.ts";

const { KAFKA_BROKERS = "", SCHEMA_REGISTRY_URL = "" } = process.env;
const brokers = KAFKA_BROKERS.split(",");
const { ConfigResourceTypes } = kafkajs;

function clientOf(addresses: readonly string[]) {
  return createKafkaClient(
    {
      brokers: addresses,
      clientId: "kafka-setup-test",
      tls: null,
      sasl: null,
      connectionTimeoutMs: 2000,
      requestTimeoutMs: 10_000,
    },
    silentLogger,
  );
}

function setupOf(prefix: string, more: Partial<SetupOptions> = {}): SetupOptions {
  return {
    client: clientOf(brokers),
    registry: createRegistry({ url: SCHEMA_REGISTRY_URL, username: null, password: null, timeoutMs: 5000 }),
    names: topicNames(prefix),
    settings: { partitions: 2, replicationFactor: -1 },
    ...more,
  };
}

const kindsOf = (outcomes: readonly { readonly kind: string }[]) => [...new Set(outcomes.map(({ kind }) => kind))];
const prefixes: string[] = [];
function newPrefix(): string {
  const prefix = `setup-${randomUUID().slice(0, 8)}`;
  prefixes.push(prefix);
  return prefix;
}

let admin: Admin;

before(async () => {
  admin = clientOf(brokers).kafka.admin();
  await admin.connect();
});

after(async () => {
  const topics = (await admin.listTopics()).filter((topic) =>
    prefixes.some((prefix) => topic.startsWith(`${prefix}.`)),
  );
  if (topics.length > 0) await admin.deleteTopics({ topics });
  await admin.disconnect();
});

test("a dry run names everything and creates nothing; setup creates it; a second setup finds it all unchanged", async () => {
  const prefix = newPrefix();
  const names = topicNames(prefix);
  const dry = await setUp(setupOf(prefix, { dryRun: true }));
  assert.deepEqual([kindsOf(dry.topics), kindsOf(dry.schemas)], [["created"], ["registered"]]);
  assert.ok(!(await admin.listTopics()).some((topic) => topic.startsWith(`${prefix}.`)));

  const steps: string[] = [];
  const first = await setUp(setupOf(prefix, { onStep: (step) => steps.push(step) }));
  assert.deepEqual([first.topics, first.schemas], [dry.topics, dry.schemas]);
  assert.equal(first.schemas.length, registrations(names).length);
  assert.match(steps[0] ?? "", /^\d+ topics at the brokers$/);
  const wanted = first.schemas.length;
  assert.deepEqual(
    steps.slice(1),
    Array.from({ length: Math.ceil(wanted / 8) }, (_, at) => `schemas at the registry: ${at * 8} of ${wanted} done`),
    "and it goes on telling: a registry may be slow",
  );

  for (const dryRun of [true, false]) {
    const again = await setUp(setupOf(prefix, { dryRun, fix: true }));
    assert.deepEqual([kindsOf(again.topics), kindsOf(again.schemas)], [["unchanged"], ["unchanged"]]);
  }
});

test("the broker holds each topic as planned, and each partition has a leader when setup ends", async () => {
  const options = setupOf(newPrefix());
  await setUp(options);
  const plans = planTopics(options.names, options.settings);
  const metadata = await admin.fetchTopicMetadata({ topics: plans.map(({ topic }) => topic) });
  for (const plan of plans) {
    const partitions = metadata.topics.find(({ name }) => name === plan.topic)?.partitions ?? [];
    assert.equal(partitions.length, plan.partitions, plan.topic);
    assert.ok(partitions.every(({ leader }) => leader >= 0));
    assert.deepEqual(await configOf(plan.topic, Object.keys(plan.config)), plan.config);
  }
});

test("a topic that was changed is reported, corrected by fix, and keeps what else was stated for it", async () => {
  const prefix = newPrefix();
  const topic = topicNames(prefix).facts.clients;
  await admin.createTopics({
    topics: [
      {
        topic,
        numPartitions: 2,
        configEntries: [
          { name: "retention.ms", value: "60000" },
          { name: "segment.ms", value: "3600000" },
        ],
      },
    ],
  });
  const outcomeOf = async (fix: boolean) => {
    const { topics } = await setUp(setupOf(prefix, { fix }));
    return topics.find((outcome) => outcome.topic === topic);
  };
  const reported = await outcomeOf(false);
  assert.ok(reported?.kind === "differs");
  assert.deepEqual(
    reported.differences.map(({ what }) => what),
    ["retention.ms"],
  );
  assert.equal((await configOf(topic, ["retention.ms"]))["retention.ms"], "60000");

  assert.equal((await outcomeOf(true))?.kind, "fixed");
  assert.deepEqual(await configOf(topic, ["retention.ms", "segment.ms"]), {
    "retention.ms": "1209600000",
    "segment.ms": "3600000",
  });
  assert.equal((await outcomeOf(true))?.kind, "unchanged");
});

test("two setups at once both succeed, and everything is there once", async () => {
  const prefix = newPrefix();
  await Promise.all([setUp(setupOf(prefix)), setUp(setupOf(prefix))]);
  const again = await setUp(setupOf(prefix));
  assert.deepEqual([kindsOf(again.topics), kindsOf(again.schemas)], [["unchanged"], ["unchanged"]]);
});

test("no broker at all ends as BROKER_UNAVAILABLE", async () => {
  await assert.rejects(
    setUp(setupOf("nowhere", { client: clientOf(["127.0.0.1:1"]) })),
    (error) => error instanceof BridgeError && error.code === "BROKER_UNAVAILABLE",
  );
});

test("a replication factor the brokers can never reach is a mistake of the settings, said at once", async () => {
  const prefix = newPrefix();
  await assert.rejects(
    setUp(setupOf(prefix, { settings: { partitions: 1, replicationFactor: 99 } })),
    (error) => error instanceof BridgeError && error.code === "SETTINGS_INVALID" && /replication/i.test(error.message),
  );
});

async function configOf(topic: string, names: readonly string[]): Promise<Record<string, string>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: [...names] }],
  });
  const entries = resources[0]?.configEntries ?? [];
  return Object.fromEntries(
    names.map((name) => [name, entries.find(({ configName }) => configName === name)!.configValue]),
  );
}
