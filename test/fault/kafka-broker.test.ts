import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openStack, type Stack } from "../../src/dev-stack/stack.ts";
import { BridgeError } from "../../src/errors.ts";
import type { KafkaClient } from "../../src/kafka/connection/client.ts";
import { beforeTiming, createGroupConsumer } from "../../src/kafka/consume/consumer.ts";
import { createPartitionTail } from "../../src/kafka/consume/partition-tail.ts";
import { createRecordProducer, type RecordProducer } from "../../src/kafka/produce/producer.ts";
import { silentLogger } from "../../src/model/logger.ts";
import { eventually } from "../support/eventually.ts";
import { MemorySink, testClient, Workspace } from "../support/kafka.ts";

let stack: Stack;
let client: KafkaClient;
let space: Workspace;

before(async () => {
  stack = await openStack({ name: `fault-kafka-${process.pid}`, kind: "maven" });
  client = testClient({ brokers: stack.addresses.kafkaBrokers, requestTimeoutMs: 3000 });
  space = await Workspace.open(client);
});

after(async () => {
  await space.admin.disconnect();
  await stack.stop();
});

function broker() {
  if (stack.servers === null) throw new Error("these tests need a stack whose broker they may stop");
  return stack.servers.broker;
}

/** Records under numbered keys, written without pause, one per key at a time; remembers what was acknowledged. */
class Load {
  readonly acknowledged: string[][];
  readonly refused = new Map<string, number>();
  #running = true;
  readonly #writers: Promise<void>[];

  constructor(producer: RecordProducer, topic: string, keys: number) {
    this.acknowledged = Array.from({ length: keys }, () => []);
    this.#writers = this.acknowledged.map((own, key) => this.#write(producer, topic, key, own));
  }

  async #write(producer: RecordProducer, topic: string, key: number, own: string[]): Promise<void> {
    for (let number = 0; this.#running; number++) {
      const value = `${key}:${number}`;
      try {
        await producer.send({ topic, key: String(key), value: Buffer.from(value), headers: {} });
        own.push(value);
      } catch (error) {
        const code = error instanceof BridgeError ? error.code : String(error);
        this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
      }
      await sleep(5);
    }
  }

  get count(): number {
    return this.acknowledged.reduce((sum, { length }) => sum + length, 0);
  }

  async end(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#writers);
  }
}

/** Every acknowledged record is in the list, and each key's records appear for the first time in the order of their numbers. */
function assertWhole(load: Load, values: readonly string[], where: string): void {
  const seen = new Set(values);
  const missing = load.acknowledged.flat().filter((value) => !seen.has(value));
  assert.deepEqual(missing, [], `acknowledged, but not in ${where}`);
  const newest = new Map<string, number>();
  for (const value of seen) {
    const [key = "", number] = value.split(":");
    assert.ok(Number(number) > (newest.get(key) ?? -1), `${value} stands after ${newest.get(key)} in ${where}`);
    newest.set(key, Number(number));
  }
}

const faults = [
  {
    name: "a clean restart of the broker",
    strike: async () => {
      await broker().stop();
      await sleep(2000);
      await broker().start();
    },
  },
  {
    name: "a broker that is killed and comes back",
    strike: async () => {
      await broker().kill();
      await sleep(1000);
      await broker().start();
    },
  },
  {
    name: "a broker that hangs for ten seconds, longer than any record waits",
    strike: async () => {
      broker().pause();
      await sleep(10_000);
      broker().resume();
    },
  },
];

for (const { name, strike } of faults) {
  test(`${name} loses nothing that was acknowledged, keeps the order of each key, and reading goes on`, async (t) => {
    const topic = await space.topic(`facts-${faults.findIndex((fault) => fault.name === name)}`, 3);
    // Impatient, so that records are given up whose batch the broker still writes when it wakes up.
    const impatient = testClient({ brokers: stack.addresses.kafkaBrokers, requestTimeoutMs: 1000 });
    const producer = createRecordProducer(impatient, { timeoutMs: 3000 });
    const sink = new MemorySink();
    const gaveUp: BridgeError[] = [];
    const consumer = createGroupConsumer(client, {
      groupId: space.group(),
      topics: [topic],
      sink,
      onGaveUp: (error) => gaveUp.push(error),
      timing: beforeTiming,
    });
    await Promise.all([producer.connect(), consumer.start(new AbortController().signal)]);
    const load = new Load(producer, topic, 12);
    try {
      await eventually("it runs", () => load.count > 500);
      await strike();
      const atStrike = load.count;
      const backMs = performance.now();
      await eventually("it runs again", () => load.count > atStrike + 500, 45_000);
      t.diagnostic(`writing again ${Math.round(performance.now() - backMs)} ms after the broker was back`);
      assert.equal(producer.ready(), true);
    } finally {
      await load.end();
    }
    const contents = await space.contents(topic);
    assertWhole(load, [...contents.values()].flat(), "the log");
    const last = load.acknowledged.map((own) => own.at(-1) ?? "");
    await eventually("the consumer is through", () => last.every((value) => sink.values().includes(value)), 45_000);
    assertWhole(load, sink.values(), "what was consumed");
    assert.deepEqual(gaveUp, []);
    t.diagnostic(`${load.count} acknowledged, refused ${JSON.stringify([...load.refused])}`);
    await Promise.all([producer.close(5000), consumer.stop(5000)]);
  });
}

test("what is sent after a record was given up is not taken for that record by a broker that wakes up", async () => {
  const topic = await space.topic("alike", 1);
  let timeouts = 0;
  const debug = (_: object, message: string): void => {
    if (/Produce.* timed out/.test(message)) timeouts++;
  };
  const impatient = testClient({
    brokers: stack.addresses.kafkaBrokers,
    requestTimeoutMs: 700,
    logger: { ...silentLogger, debug },
  });
  const producer = createRecordProducer(impatient, { timeoutMs: 3000 });
  const write = (value: string) => producer.send({ topic, key: null, value: Buffer.from(value), headers: {} });
  await write("first");
  broker().pause();
  await assert.rejects(write("given up"));
  // kafkajs tries five times. The broker must wake before its controller fences it (9 s): then it writes what stands in
  // its sockets, under the sequence that kafkajs has taken back meanwhile.
  await eventually("kafkajs has given up", () => timeouts === 5);
  await sleep(100);
  const next = write("next");
  await sleep(300);
  broker().resume();
  await next;
  const values = (await space.contents(topic)).get(0) ?? [];
  assert.deepEqual([values.includes("first"), values.includes("next")], [true, true]);
  await producer.close(5000);
});

test("a reply consumer reads every reply that was written while it could not, and never starts over", async (t) => {
  const topic = await space.topic("replies", 1);
  const replies: string[] = [];
  const said: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, message: string) => void said.push(message) };
  const consumer = createPartitionTail(testClient({ brokers: stack.addresses.kafkaBrokers, logger }), {
    topic,
    groupPrefix: space.prefix,
    onRecord: ({ value }) => replies.push(String(value)),
  });
  const producer = createRecordProducer(client, { timeoutMs: 30_000 });
  await producer.connect();
  const write = (value: string) => producer.send({ topic, key: null, value: Buffer.from(value), headers: {} });
  await write("before it started");
  await consumer.start(10_000);
  await write("0");
  await eventually("the first", () => replies.length === 1);
  await broker().stop();
  // Long enough for kafkajs to give up: its member stays in the group as a ghost, which a restarted broker remembers.
  said.length = 0;
  await eventually("its client has given up", () => said.includes("waiting for Kafka"), 30_000);
  assert.equal(consumer.ready(), false);
  // They wait in the producer, and are in the log before the consumer has found its way back.
  const late = Array.from({ length: 20 }, (_, index) => write(`${index + 1}`));
  await broker().start();
  const backMs = performance.now();
  await Promise.all(late);
  await eventually("all of them", () => replies.length >= 21, 15_000);
  t.diagnostic(`all of them ${Math.round(performance.now() - backMs)} ms after the broker was back`);
  await write("21");
  await eventually("and what follows", () => replies.includes("21"), 5000);
  assert.deepEqual(
    replies,
    Array.from({ length: 22 }, (_, index) => `${index}`),
  );
  await Promise.all([producer.close(5000), consumer.stop(5000)]);
});

test("a consumer that is started before the broker waits for it and says so", async () => {
  const topic = await space.topic("early", 1);
  await broker().stop();
  const said: string[] = [];
  const logger = { debug: note, info: note, warn: note, error: note };
  function note(_: object, message: string): void {
    said.push(message);
  }
  const consumer = createGroupConsumer(testClient({ brokers: stack.addresses.kafkaBrokers, logger }), {
    groupId: space.group(),
    topics: [topic],
    sink: new MemorySink(),
    onGaveUp: (error) => {
      throw error;
    },
    timing: beforeTiming,
  });
  const start = consumer.start(new AbortController().signal);
  await eventually("it says so", () => said.includes("waiting for Kafka"), 30_000);
  await broker().start();
  await start;
  assert.equal(consumer.state(), "assigned");
  await consumer.stop(5000);
});
