import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError } from "../../../src/errors.ts";
import { GroupCommitProducer, type ProducerOptions, type Sender } from "../../../src/kafka/produce/producer.ts";
import type { Queued } from "../../../src/kafka/produce/send-queue.ts";
import type { OutboundRecord } from "../../../src/model/record.ts";
import { FakeClock, settled } from "../../support/fake-clock.ts";

type Step = (batch: readonly Queued[]) => Promise<void> | void;

/** Stands for kafkajs: plays one step per batch, then acknowledges everything; remembers what it was asked. */
class FakeSender implements Sender {
  readonly batches: string[][] = [];
  readonly events: string[] = [];
  readonly log: string[] = [];
  readonly #steps: Step[];
  connects = true;

  constructor(...steps: Step[]) {
    this.#steps = steps;
  }

  connect(): Promise<void> {
    return this.connects ? Promise.resolve() : Promise.reject(new BridgeError("BROKER_UNAVAILABLE", "nobody there"));
  }

  async send(batch: readonly Queued[]): Promise<void> {
    const names = batch.map(({ record }) => String(record.key));
    this.batches.push(names);
    this.events.push(`send ${names.join()}`);
    const step = this.#steps.shift();
    if (step !== undefined) await step(batch);
    for (const queued of batch) {
      this.log.push(String(queued.record.key));
      queued.resolve({ partition: 0, offset: this.log.length - 1 });
    }
  }

  renew(): Promise<void> {
    this.events.push("renew");
    return Promise.resolve();
  }

  disconnect(): Promise<void> {
    this.events.push("disconnect");
    return Promise.resolve();
  }
}

function kafkaError(type: string): Error {
  return Object.assign(new Error(type), { type });
}

function failing(type: string): Step {
  return () => {
    throw kafkaError(type);
  };
}

function record(key: string, bytes = 10): OutboundRecord {
  return { topic: "facts", key, value: Buffer.alloc(bytes), headers: {} };
}

function setUp(sender: FakeSender, options: ProducerOptions = {}) {
  const clock = new FakeClock();
  return { clock, producer: new GroupCommitProducer(sender, clock, options) };
}

/** The code a promise is rejected with, or what it resolved with. */
async function endOf(sent: Promise<unknown>): Promise<unknown> {
  return sent.catch((error: unknown) => (error instanceof BridgeError ? error.code : error));
}

test("records that may wait for others go together after a while, or once they fill a batch", async () => {
  const sender = new FakeSender();
  const { clock, producer } = setUp(sender, { lingerMs: 50 });
  const first = [producer.send(record("a"))];
  await clock.advance(49);
  first.push(producer.send(record("b")));
  assert.deepEqual(sender.batches, []);
  await clock.advance(1);
  await Promise.all(first);
  assert.deepEqual(sender.batches, [["a", "b"]]);
  const second = [producer.send(record("c")), producer.send(record("d", 600_000))];
  await Promise.all(second);
  assert.deepEqual(sender.batches.slice(1), [["c"], ["d"]]);
  await producer.close(1000);
});

test("a producer that closes sends what waits for others at once", async () => {
  const sender = new FakeSender();
  const { producer } = setUp(sender, { lingerMs: 50 });
  const sent = producer.send(record("a"));
  await settled();
  await producer.close(1000);
  assert.deepEqual(await endOf(sent), { partition: 0, offset: 0 });
});

test("what queues up while one batch is out goes as one batch", async () => {
  let acknowledge: () => void = () => undefined;
  const sender = new FakeSender(() => new Promise<void>((resolve) => (acknowledge = resolve)));
  const { clock, producer } = setUp(sender);
  const first = producer.send(record("a"));
  await settled();
  const rest = ["b", "c", "d"].map((key) => producer.send(record(key)));
  await settled();
  assert.deepEqual(sender.batches, [["a"]]);
  acknowledge();
  assert.deepEqual(
    await Promise.all([first, ...rest]),
    [0, 1, 2, 3].map((offset) => ({ partition: 0, offset })),
  );
  assert.deepEqual(sender.batches, [["a"], ["b", "c", "d"]]);
  await producer.close(100);
  assert.equal(clock.pendingTimers, 0);
});

test("a batch that fails for a passing reason is sent again as it was before anything newer", async () => {
  const sender = new FakeSender(failing("NOT_ENOUGH_REPLICAS"), failing("REQUEST_TIMED_OUT"));
  const { clock, producer } = setUp(sender);
  const sent = ["a", "b"].map((key) => producer.send(record(key)));
  await settled();
  sent.push(producer.send(record("c")));
  await clock.until(Promise.all(sent));
  assert.deepEqual(sender.batches, [["a", "b"], ["a", "b"], ["a", "b"], ["c"]]);
  assert.equal(sender.events.includes("renew"), false);
});

test("only the record that is too large is refused, and the others keep their order", async () => {
  const tooLarge: Step = (batch) => {
    if (batch.some(({ record: { key } }) => key === "huge")) throw kafkaError("MESSAGE_TOO_LARGE");
  };
  const sender = new FakeSender(...Array.from({ length: 20 }, () => tooLarge));
  const { clock, producer } = setUp(sender);
  const keys = ["a", "b", "c", "huge", "d", "e"];
  const ends = keys.map((key) => endOf(producer.send(record(key))));
  await clock.until(Promise.all(ends));
  assert.deepEqual(sender.log, ["a", "b", "c", "d", "e"]);
  assert.equal(await ends[3], "RECORD_TOO_LARGE");
  assert.equal(sender.events.includes("renew"), false);
});

test("a lost sequence is answered with a new producer, and the batch goes again", async () => {
  const sender = new FakeSender(failing("OUT_OF_ORDER_SEQUENCE_NUMBER"));
  const { clock, producer } = setUp(sender);
  await clock.until(producer.send(record("a")));
  assert.deepEqual(sender.events, ["send a", "renew", "send a"]);
});

test("a producer that only fails is replaced now and then, in case that it cannot recover", async () => {
  const sender = new FakeSender(...Array.from({ length: 7 }, () => failing("REQUEST_TIMED_OUT")));
  const { clock, producer } = setUp(sender);
  await clock.until(producer.send(record("a")));
  const fails = ["send a", "send a", "send a", "renew"];
  assert.deepEqual(sender.events, [...fails, ...fails, "send a", "send a"]);
});

test("after a record was given up the next is sent by a new producer, or it would pass for the one given up", async () => {
  const sender = new FakeSender(() => {
    clock.stall(1000);
    throw kafkaError("REQUEST_TIMED_OUT");
  });
  const { clock, producer } = setUp(sender, { timeoutMs: 500 });
  assert.equal(await endOf(producer.send(record("a"))), "BROKER_UNAVAILABLE");
  await clock.until(producer.send(record("b")));
  assert.deepEqual(sender.events, ["send a", "renew", "send b"]);
});

test("when a part of a batch is given up the rest is sent by a new producer", async () => {
  let acknowledge: () => void = () => undefined;
  const sender = new FakeSender(
    () => new Promise<void>((resolve) => (acknowledge = resolve)),
    () => {
      clock.stall(600);
      throw kafkaError("REQUEST_TIMED_OUT");
    },
  );
  const { clock, producer } = setUp(sender, { timeoutMs: 1000 });
  const first = producer.send(record("first"));
  await settled();
  const old = endOf(producer.send(record("old")));
  clock.stall(500);
  const young = producer.send(record("young"));
  acknowledge();
  await clock.until(Promise.all([first, young]));
  assert.equal(await old, "BROKER_UNAVAILABLE");
  assert.deepEqual(sender.events, ["send first", "send old,young", "renew", "send young"]);
});

test("every record is rejected at its time while the broker is away, and the producer works again when it is back", async () => {
  const sender = new FakeSender();
  sender.connects = false;
  const { clock, producer } = setUp(sender, { timeoutMs: 3000 });
  const ends = ["a", "b"].map((key) => endOf(producer.send(record(key))));
  await clock.advance(3300);
  assert.deepEqual(await Promise.all(ends), ["BROKER_UNAVAILABLE", "BROKER_UNAVAILABLE"]);
  assert.equal(producer.ready(), false);
  sender.connects = true;
  assert.deepEqual(await clock.until(producer.send(record("c"))), { partition: 0, offset: 0 });
  assert.equal(producer.ready(), true);
  assert.deepEqual(sender.events, ["send c"]);
});

test("a send that hangs is rejected at its time, and the producer says that it is not ready", async () => {
  const sender = new FakeSender(() => new Promise<void>(() => undefined));
  const { clock, producer } = setUp(sender, { timeoutMs: 6000 });
  await producer.connect();
  const end = endOf(producer.send(record("a")));
  await clock.advance(4000);
  assert.equal(producer.ready(), true);
  await clock.advance(1500);
  assert.equal(producer.ready(), false);
  await clock.advance(1000);
  assert.equal(await end, "BROKER_UNAVAILABLE");
});

test("a full queue refuses at once, by records and by bytes, and takes records again when it has room", async () => {
  const byRecords = setUp(new FakeSender(), { maxRecords: 2 });
  const ends = ["a", "b", "c"].map((key) => endOf(byRecords.producer.send(record(key))));
  assert.equal(await ends[2], "QUEUE_FULL");
  await Promise.all(ends);
  assert.deepEqual(await byRecords.producer.send(record("d")), { partition: 0, offset: 2 });

  const byBytes = setUp(new FakeSender(), { maxBytes: 1000 });
  const large = byBytes.producer.send(record("a", 900));
  assert.equal(await endOf(byBytes.producer.send(record("b", 900))), "QUEUE_FULL");
  await large;
});

test("close sends what waits, refuses what comes later, and disconnects once", async () => {
  const sender = new FakeSender();
  const { producer } = setUp(sender);
  const sent = ["a", "b"].map((key) => producer.send(record(key)));
  const closing = producer.close(1000);
  assert.equal(await endOf(producer.send(record("c"))), "CLOSED");
  await Promise.all([closing, producer.close(1000), ...sent]);
  assert.deepEqual(sender.events, ["send a,b", "disconnect"]);
});

test("close ends at its deadline when the broker does not answer, and says so to whoever waits", async () => {
  const sender = new FakeSender(() => new Promise<void>(() => undefined));
  const { clock, producer } = setUp(sender);
  const ends = [endOf(producer.send(record("a")))];
  await settled();
  ends.push(endOf(producer.send(record("b"))));
  const closing = producer.close(2000);
  await clock.advance(1999);
  assert.deepEqual(sender.events, ["send a"]);
  await clock.advance(1);
  await closing;
  assert.deepEqual(await Promise.all(ends), ["CLOSED", "CLOSED"]);
});

test("once closed nothing more is sent of a batch that is being halved for the record the broker refuses", async () => {
  let refuse: () => void = () => undefined;
  const held: Step = () =>
    new Promise((_, reject) => (refuse = () => reject(kafkaError("TOPIC_AUTHORIZATION_FAILED"))));
  const sender = new FakeSender(failing("TOPIC_AUTHORIZATION_FAILED"), held);
  const { clock, producer } = setUp(sender);
  const ends = ["a", "b", "c", "d"].map((key) => endOf(producer.send(record(key))));
  await settled();
  await clock.until(producer.close(100));
  assert.deepEqual(await Promise.all(ends), Array<string>(4).fill("CLOSED"));
  const disconnects = () => sender.events.filter((event) => event === "disconnect").length;
  const before = disconnects();
  refuse();
  await settled();
  assert.deepEqual(sender.batches, [
    ["a", "b", "c", "d"],
    ["a", "b"],
  ]);
  assert.equal(disconnects(), before + 1, "what kafkajs connected for its retries is closed too");
});
