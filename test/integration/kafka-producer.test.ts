import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BridgeError } from "../../src/errors.ts";
import { createRecordProducer, type ProducerOptions, type RecordProducer } from "../../src/kafka/produce/producer.ts";
import type { OutboundRecord } from "../../src/model/record.ts";
import { testClient, Workspace } from "../support/kafka.ts";

let space: Workspace;
const producers: RecordProducer[] = [];

before(async () => {
  space = await Workspace.open();
});

after(async () => {
  await Promise.all(producers.map((producer) => producer.close(5000)));
  await space.close();
});

async function open(options: ProducerOptions = {}): Promise<RecordProducer> {
  const producer = createRecordProducer(space.client, options);
  producers.push(producer);
  await producer.connect();
  return producer;
}

function record(topic: string, value: string | Buffer, parts: Partial<OutboundRecord> = {}): OutboundRecord {
  return { topic, key: null, value: Buffer.from(value as string), headers: {}, ...parts };
}

async function codeOf(sent: Promise<unknown>): Promise<unknown> {
  return sent.then(
    () => "written",
    (error: unknown) => (error instanceof BridgeError ? error.code : error),
  );
}

test("every record stands where its acknowledgement says, and those of a key stand in the order of the calls", async () => {
  const topic = await space.topic("order", 4);
  const producer = await open();
  const values = Array.from({ length: 5000 }, (_, index) => `${index % 37}:${index}`);
  const positions = await Promise.all(
    values.map((value) => producer.send(record(topic, value, { key: value.split(":")[0] ?? "" }))),
  );
  const contents = await space.contents(topic);
  assert.equal([...contents.values()].flat().length, values.length);
  values.forEach((value, index) => {
    const at = positions[index];
    assert.equal(contents.get(at?.partition ?? -1)?.[at?.offset ?? -1], value);
  });
  for (const list of contents.values()) {
    const numbers = new Map<string, number>();
    for (const value of list) {
      const [key = "", number] = value.split(":");
      assert.ok(Number(number) > (numbers.get(key) ?? -1));
      numbers.set(key, Number(number));
    }
  }
});

test("keys go to the partitions the Java client chooses, and a partition that is named is kept to", async () => {
  const topic = await space.topic("partitions", 6);
  const producer = await open();
  // Of `Utils.toPositive(Utils.murmur2(key)) % 6` of Kafka's Java client.
  const expected = { "21": 0, "1234567": 0, "4711": 4, "operation-a": 3, "42": 4 };
  const found = await Promise.all(
    Object.keys(expected).map(async (key) => [key, (await producer.send(record(topic, "x", { key }))).partition]),
  );
  assert.deepEqual(Object.fromEntries(found), expected);
  assert.equal((await producer.send(record(topic, "x", { key: "21", partition: 5 }))).partition, 5);
});

test("a record that is larger than its topic takes is refused alone, and names topic and size", async () => {
  const topic = await space.topic("small", 1, { "max.message.bytes": "20000" });
  const producer = await open();
  const values = ["a", "b", "x".repeat(30_000), "c", "d"];
  const ends = await Promise.allSettled(values.map((value) => producer.send(record(topic, value))));
  assert.deepEqual(
    ends.map(({ status }) => status),
    ["fulfilled", "fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
  const refused = ends[2]?.status === "rejected" ? (ends[2].reason as BridgeError) : null;
  assert.equal(refused?.code, "RECORD_TOO_LARGE");
  assert.ok(refused.message.includes(topic) && refused.message.includes("30000"));
  assert.deepEqual((await space.contents(topic)).get(0), ["a", "b", "c", "d"]);
});

test("records that are too large together are split until they fit, in order and each once", async () => {
  const topic = await space.topic("together", 1, { "max.message.bytes": "20000" });
  const producer = await open();
  const values = Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(5000, "."));
  await Promise.all(values.map((value) => producer.send(record(topic, value))));
  assert.deepEqual((await space.contents(topic)).get(0), values);
});

test("a record above the size of a batch is written when its topic takes it", async () => {
  const topic = await space.topic("large", 1, { "max.message.bytes": "2097176" });
  const producer = await open();
  const values = ["first", "y".repeat(1_500_000), "last"];
  await Promise.all(values.map((value) => producer.send(record(topic, value))));
  assert.deepEqual((await space.contents(topic)).get(0), values);
});

test("a large record that its first writer compressed fits into a topic of the same limit again", async () => {
  const topic = await space.topic("compressible", 1, { "max.message.bytes": "100000" });
  const producer = await open();
  await producer.send(record(topic, "z".repeat(5_000_000)));
  assert.deepEqual(
    (await space.contents(topic)).get(0)?.map((value) => value.length),
    [5_000_000],
  );
});

test("a partition and a topic that do not exist are refused, and cost the records beside them nothing", async () => {
  const topic = await space.topic("beside", 2);
  const producer = await open({ timeoutMs: 20_000 });
  const sent = [
    record(topic, "a", { partition: 1 }),
    record(topic, "b", { partition: 7 }),
    record(`${topic}.missing`, "c"),
    record(topic, "d", { partition: 1 }),
  ].map((one) => codeOf(producer.send(one)));
  assert.deepEqual(await Promise.all(sent), ["written", "RECORD_REFUSED", "RECORD_REFUSED", "written"]);
  assert.deepEqual((await space.contents(topic)).get(1), ["a", "d"]);
});

test("headers and a tombstone's missing value arrive as they were sent", async () => {
  const topic = await space.topic("headers", 1);
  const producer = await open();
  const headers = { text: "é", bytes: Buffer.from([0, 255, 10]) };
  await producer.send({ topic, key: "k", value: null, headers });
  const consumer = space.client.kafka.consumer({ groupId: space.group("headers"), maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const { message } = await new Promise<{ message: { value: Buffer | null; headers?: object } }>((resolve) => {
    const eachMessage = (payload: { message: { value: Buffer | null; headers?: object } }): Promise<void> => {
      resolve(payload);
      return Promise.resolve();
    };
    void consumer.run({ autoCommit: false, eachMessage });
  });
  await consumer.disconnect();
  assert.equal(message.value, null);
  assert.deepEqual({ ...message.headers }, { text: Buffer.from("é"), bytes: headers.bytes });
});

test("a producer without a broker rejects at its time, is not ready, and closes within bounds", async () => {
  const producer = createRecordProducer(testClient({ brokers: "127.0.0.1:1" }), { timeoutMs: 700 });
  const startMs = performance.now();
  assert.equal(await codeOf(producer.send(record("any", "x"))), "BROKER_UNAVAILABLE");
  assert.ok(performance.now() - startMs < 1500);
  assert.equal(producer.ready(), false);
  await producer.close(1000);
  assert.ok(performance.now() - startMs < 9000);
});

test("group commit writes at least five times what one by one does", async (t) => {
  const topic = await space.topic("throughput", 6);
  const producer = await open();
  const value = Buffer.alloc(1000, "v");
  const send = (index: number) => producer.send({ topic, key: String(index), value, headers: {} });
  for (let index = 0; index < 50; index++) await send(index);
  let startMs = performance.now();
  for (let index = 0; index < 300; index++) await send(index);
  const oneByOne = 300 / ((performance.now() - startMs) / 1000);
  startMs = performance.now();
  await Promise.all(Array.from({ length: 20_000 }, (_, index) => send(index)));
  const grouped = 20_000 / ((performance.now() - startMs) / 1000);
  t.diagnostic(`one by one ${Math.round(oneByOne)}/s, group commit ${Math.round(grouped)}/s`);
  assert.ok(grouped > 5 * oneByOne);
});
