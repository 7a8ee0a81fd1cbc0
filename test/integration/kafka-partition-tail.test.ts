import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { BridgeError } from "../../src/errors.ts";
import {
  createPartitionTail,
  type PartitionTail,
  type PartitionTailOptions,
} from "../../src/kafka/consume/partition-tail.ts";
import { createRecordProducer, type RecordProducer } from "../../src/kafka/produce/producer.ts";
import type { Logger } from "../../src/model/logger.ts";
import { silentLogger } from "../../src/model/logger.ts";
import { eventually } from "../support/eventually.ts";
import { testClient, Workspace } from "../support/kafka.ts";

let space: Workspace;
let producer: RecordProducer;
const consumers: PartitionTail[] = [];

before(async () => {
  space = await Workspace.open();
  producer = createRecordProducer(space.client);
});

afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.stop(5000)));
});

after(async () => {
  await producer.close(5000);
  await space.close();
});

function open(topic: string, options: Partial<PartitionTailOptions> = {}, client = space.client) {
  const replies: string[] = [];
  const onRecord: PartitionTailOptions["onRecord"] = ({ value }) => replies.push(String(value));
  const consumer = createPartitionTail(client, { topic, groupPrefix: space.prefix, onRecord, ...options });
  consumers.push(consumer);
  return { replies, consumer };
}

function write(topic: string, partition: number, value: string): Promise<unknown> {
  return producer.send({ topic, partition, key: null, value: Buffer.from(value), headers: {} });
}

async function groups(): Promise<string[]> {
  const listed = await space.admin.listGroups();
  return listed.groups.map(({ groupId }) => groupId).filter((groupId) => groupId.startsWith(space.prefix));
}

test("it reads every reply written after start resolved, of its own partition only, and none from before", async () => {
  const topic = await space.topic("replies", 3);
  for (const partition of [0, 1, 2]) await write(topic, partition, "old");
  const { replies, consumer } = open(topic, { partition: 1 });
  const startMs = performance.now();
  assert.deepEqual(await consumer.start(5000), { partition: 1 });
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs < 1000, `ready after ${tookMs} ms`);
  assert.equal(consumer.ready(), true);
  const numbers = Array.from({ length: 50 }, (_, index) => `${index}`);
  await Promise.all(numbers.flatMap((value) => [write(topic, 1, value), write(topic, 2, `other ${value}`)]));
  await eventually("all of them", () => replies.length >= 50);
  assert.deepEqual(replies, numbers);
});

test("any partition is taken when none is asked for, and one that does not exist is refused", async () => {
  const topic = await space.topic("any", 3);
  const { partition } = await open(topic).consumer.start(5000);
  assert.ok(partition >= 0 && partition < 3);
  for (const [name, options, code, says] of [
    [topic, { partition: 9 }, "USAGE", /no partition 9; there are: 0 to 2/],
    [`${topic}.missing`, {}, "NOT_SET_UP", /setup/],
  ] as const) {
    const { consumer } = open(name, options);
    await assert.rejects(consumer.start(10_000), { code, message: says });
  }
});

test("two instances on the same partition each get every reply", async () => {
  const topic = await space.topic("both", 1);
  const [first, second] = [open(topic), open(topic)];
  await Promise.all([first.consumer.start(5000), second.consumer.start(5000)]);
  await write(topic, 0, "to all");
  await eventually("both have it", () => first.replies.length === 1 && second.replies.length === 1);
});

test("a listener that throws is logged, and the next reply arrives all the same", async () => {
  const topic = await space.topic("throws", 1);
  const defects: string[] = [];
  const logger: Logger = { ...silentLogger, error: (_, message) => void defects.push(message) };
  const seen: string[] = [];
  const onRecord: PartitionTailOptions["onRecord"] = ({ value }) => {
    seen.push(String(value));
    throw new TypeError("listener");
  };
  const { consumer } = open(topic, { onRecord }, testClient({ logger }));
  await consumer.start(5000);
  await Promise.all([write(topic, 0, "a"), write(topic, 0, "b")]);
  await eventually("both", () => seen.length === 2);
  assert.deepEqual([seen, defects.length], [["a", "b"], 2]);
});

test("its group is gone after stop, and stopping twice is stopping once", async () => {
  const topic = await space.topic("gone", 1);
  const { consumer } = open(topic);
  await consumer.start(5000);
  assert.equal(
    (await groups()).some((groupId) => groupId.includes(".replies.")),
    true,
  );
  await Promise.all([consumer.stop(5000), consumer.stop(5000)]);
  assert.equal(consumer.ready(), false);
  assert.deepEqual(
    (await groups()).filter((groupId) => groupId.includes(".replies.")),
    [],
  );
  await assert.rejects(consumer.start(1000), (error) => error instanceof BridgeError && error.code === "CLOSED");
});

test("without a broker start rejects at its time, and stop ends", async () => {
  const { consumer } = open("any", {}, testClient({ brokers: "127.0.0.1:1" }));
  // kafkajs goes on trying for some five seconds whatever we do; a shorter wait would leave that running behind this test.
  await assert.rejects(
    consumer.start(3000),
    (error) => error instanceof BridgeError && error.code === "BROKER_UNAVAILABLE",
  );
  await consumer.stop(1000);
});
