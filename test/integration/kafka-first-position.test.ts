import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { type Admin, Partitioners, type Producer } from "kafkajs";
import { BridgeError } from "../../src/errors.ts";
import { createKafkaClient } from "../../src/kafka/connection/client.ts";
import { pinFirstPosition } from "../../src/kafka/consume/first-position.ts";
import { silentLogger } from "../../src/model/logger.ts";

const client = createKafkaClient(
  {
    brokers: (process.env["KAFKA_BROKERS"] ?? "").split(","),
    clientId: "first-position-test",
    tls: null,
    sasl: null,
    connectionTimeoutMs: 2000,
    requestTimeoutMs: 10_000,
  },
  silentLogger,
);
const prefix = `pin-${randomUUID().slice(0, 8)}`;
const [clients, accounts] = [`${prefix}.clients`, `${prefix}.accounts`];
const groupIds: string[] = [];
let admin: Admin;
let producer: Producer;

before(async () => {
  admin = client.kafka.admin();
  producer = client.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [clients, accounts].map((topic) => ({ topic, numPartitions: 2 })) });
  await write(clients, 0, 3);
  await write(clients, 1, 1);
});

after(async () => {
  await producer.disconnect();
  if (groupIds.length > 0) await admin.deleteGroups(groupIds).catch(() => undefined);
  await admin.deleteTopics({ topics: [clients, accounts] });
  await admin.disconnect();
});

function newGroup(): string {
  const groupId = `${prefix}.${randomUUID().slice(0, 8)}`;
  groupIds.push(groupId);
  return groupId;
}

async function write(topic: string, partition: number, count: number): Promise<void> {
  await producer.send({ topic, messages: Array.from({ length: count }, () => ({ partition, value: "x" })) });
}

async function committed(groupId: string): Promise<Record<string, string[]>> {
  const topics = await admin.fetchOffsets({ groupId, topics: [clients, accounts] });
  return Object.fromEntries(
    topics.map(({ topic, partitions }) => [
      topic,
      [...partitions].sort((left, right) => left.partition - right.partition).map(({ offset }) => offset),
    ]),
  );
}

test("a new group is pinned to the end of each partition, within a second", async () => {
  const groupId = newGroup();
  const startedMs = performance.now();
  const { pinned, inUse } = await pinFirstPosition(client, groupId, [clients, accounts], "end");
  assert.ok(performance.now() - startedMs < 1000, `${performance.now() - startedMs} ms`);
  assert.deepEqual(inUse, []);
  assert.equal(pinned.length, 4);
  assert.deepEqual(await committed(groupId), { [clients]: ["3", "1"], [accounts]: ["0", "0"] });
});

test("a new group may be pinned to what is still kept", async () => {
  const groupId = newGroup();
  await pinFirstPosition(client, groupId, [clients], "start");
  assert.deepEqual(await committed(groupId), { [clients]: ["0", "0"], [accounts]: ["-1", "-1"] });
});

test("a position that is there is never moved, and a topic that is new to the group gets its own", async () => {
  const groupId = newGroup();
  await pinFirstPosition(client, groupId, [clients], "start");
  const { pinned } = await pinFirstPosition(client, groupId, [clients, accounts], "end");
  assert.deepEqual([...new Set(pinned.map(({ topic }) => topic))], [accounts]);
  assert.deepEqual(await committed(groupId), { [clients]: ["0", "0"], [accounts]: ["0", "0"] });
  assert.deepEqual(await pinFirstPosition(client, groupId, [clients, accounts], "end"), { pinned: [], inUse: [] });
});

test("what comes between pinning and joining is read, and what was there before is not", async () => {
  const groupId = newGroup();
  await pinFirstPosition(client, groupId, [accounts], "end");
  await producer.send({ topic: accounts, messages: [{ partition: 0, value: "between" }] });
  const consumer = client.kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
  const first = Promise.withResolvers<string>();
  await consumer.connect();
  await consumer.subscribe({ topics: [accounts], fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) => {
      first.resolve(String(message.value));
      return Promise.resolve();
    },
  });
  assert.equal(await first.promise, "between");
  await consumer.disconnect();
});

test("a group with members is left to them: topics without a position are named", async () => {
  const groupId = newGroup();
  const consumer = client.kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
  const joined = Promise.withResolvers<undefined>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve(undefined));
  await consumer.connect();
  await consumer.subscribe({ topics: [clients], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachMessage: () => Promise.resolve() });
  await joined.promise;
  assert.deepEqual(await pinFirstPosition(client, groupId, [accounts], "end"), { pinned: [], inUse: [accounts] });
  assert.deepEqual((await committed(groupId))[accounts], ["-1", "-1"]);
  await consumer.disconnect();
});

test("two instances that pin at once agree, and the group begins at one of their ends", async () => {
  const groupId = newGroup();
  await Promise.all([1, 2].map(() => pinFirstPosition(client, groupId, [clients], "end")));
  assert.deepEqual((await committed(groupId))[clients], ["3", "1"]);
});

test("no topics, no work", async () => {
  assert.deepEqual(await pinFirstPosition(client, "nobody", [], "end"), { pinned: [], inUse: [] });
});

test("a topic that does not exist ends as NOT_SET_UP, in bounded time", async () => {
  const startedMs = performance.now();
  await assert.rejects(
    pinFirstPosition(client, newGroup(), [`${prefix}.absent`], "end", 3000),
    (error) => error instanceof BridgeError && error.code === "NOT_SET_UP",
  );
  assert.ok(performance.now() - startedMs < 6000);
});
