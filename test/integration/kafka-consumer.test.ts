import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, afterEach, before, test } from "node:test";
import { BridgeError } from "../../src/errors.ts";
import {
  beforeTiming,
  type ConsumerTiming,
  createGroupConsumer,
  type GroupConsumer,
  type GroupConsumerOptions,
} from "../../src/kafka/consume/consumer.ts";
import { createRecordProducer, type RecordProducer } from "../../src/kafka/produce/producer.ts";
import type { Logger } from "../../src/model/logger.ts";
import { silentLogger } from "../../src/model/logger.ts";
import { ownCommand } from "../../src/model/own-command.ts";
import type { LostRange } from "../../src/model/record-source.ts";
import { eventually } from "../support/eventually.ts";
import { MemorySink, testClient, Workspace } from "../support/kafka.ts";

/** Fetches as a before consumer does, and reads what was committed as an after consumer does. */
const timing: ConsumerTiming = { ...beforeTiming, readsCommitted: true };
const never = new AbortController().signal;

let space: Workspace;
let producer: RecordProducer;
const consumers: GroupConsumer[] = [];

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

interface Member {
  readonly sink: MemorySink;
  readonly consumer: GroupConsumer;
}

function member(groupId: string, topic: string, options: Partial<GroupConsumerOptions> = {}, logger?: Logger): Member {
  const sink = new MemorySink();
  // A client each: within one client kafkajs shares what it knows of a group's offsets.
  const client = testClient({ logger: logger ?? silentLogger });
  const onGaveUp = (error: BridgeError): never => {
    throw error;
  };
  const consumer = createGroupConsumer(client, { groupId, topics: [topic], sink, onGaveUp, timing, ...options });
  consumers.push(consumer);
  return { sink, consumer };
}

async function started(...args: Parameters<typeof member>): Promise<Member> {
  const one = member(...args);
  await one.consumer.start(never);
  return one;
}

async function write(topic: string, partition: number, ...values: string[]): Promise<void> {
  await Promise.all(
    values.map((value) => producer.send({ topic, partition, key: null, value: Buffer.from(value), headers: {} })),
  );
}

test("two members share a topic, and one that leaves hands its partitions to the other, which keeps its own", async () => {
  const topic = await space.topic("share", 6);
  const groupId = space.group();
  const first = await started(groupId, topic);
  assert.deepEqual(first.sink.numbers(), [0, 1, 2, 3, 4, 5]);
  const second = await started(groupId, topic);
  await eventually("both own three", () => first.sink.numbers().length === 3 && second.sink.numbers().length === 3);
  const kept = second.sink.numbers();
  assert.deepEqual([...first.sink.numbers(), ...kept].sort(), [0, 1, 2, 3, 4, 5]);

  const leavesMs = performance.now();
  await first.consumer.stop(5000);
  await eventually("the other owns all", () => second.sink.numbers().length === 6, 2000);
  const tookMs = performance.now() - leavesMs;
  assert.ok(tookMs < 1500, `took over after ${tookMs} ms`);
  assert.equal(first.consumer.state(), "stopped");
  await write(topic, first.sink.numbers()[0] ?? 0, "after");
  await eventually("the record of a partition that moved", () => second.sink.values().includes("after"));
});

test("what a killed process owned is taken over when its session ends", async () => {
  const topic = await space.topic("killed", 4);
  const groupId = space.group();
  const first = await started(groupId, topic);
  const child = spawn(process.execPath, ["test/support/group-member.ts", groupId, topic], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const lines = createInterface(child.stdout);
    await eventually("it owns half", () => first.sink.numbers().length === 2, 30_000);
    lines.close();
    const killedMs = performance.now();
    child.kill("SIGKILL");
    await once(child, "exit");
    await eventually("the survivor owns all", () => first.sink.numbers().length === 4);
    const tookMs = performance.now() - killedMs;
    assert.ok(tookMs < 9000, `took over after ${tookMs} ms`);
  } finally {
    child.kill("SIGKILL");
  }
});

test("what was not committed is handed over again after a rejoin, to whoever owns it then", async () => {
  const topic = await space.topic("again", 2);
  const groupId = space.group();
  const first = await started(groupId, topic);
  await write(topic, 0, "a", "b", "c");
  await write(topic, 1, "x", "y");
  await eventually("everything arrived", () => first.sink.records.length === 5);
  await first.consumer.commit([{ topic, partition: 0, offset: 2, metadata: null }]);
  const second = await started(groupId, topic);
  await eventually("each owns one", () => first.sink.numbers().length === 1 && second.sink.numbers().length === 1);
  const again = (partition: number): string[] => (partition === 0 ? ["c"] : ["x", "y"]);
  const [kept = 0] = first.sink.numbers();
  await eventually("both have them again", () => {
    return (
      first.sink.records.length === 5 + again(kept).length && second.sink.records.length === again(1 - kept).length
    );
  });
  assert.deepEqual(second.sink.values(), again(1 - kept));
});

test("a pause holds across a rejoin, and a resume brings what was written meanwhile", async () => {
  const topic = await space.topic("pause", 2);
  const groupId = space.group();
  const first = await started(groupId, topic);
  await write(topic, 0, "before");
  await eventually("the first record", () => first.sink.records.length === 1);
  for (const partition of [0, 1]) first.consumer.pause({ topic, partition });
  const second = await started(groupId, topic);
  await eventually("each owns one", () => first.sink.numbers().length === 1 && second.sink.numbers().length === 1);
  const [partition = 0] = first.sink.numbers();
  const seen = first.sink.of({ topic, partition }).length;
  await write(topic, partition, "while paused");
  await write(topic, 1 - partition, "not paused here");
  await eventually("the other's record", () => second.sink.values().includes("not paused here"));
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal(first.sink.of({ topic, partition }).length, seen);
  first.consumer.resume({ topic, partition });
  await eventually("the paused record", () => first.sink.values().includes("while paused"));

  // It had paused both; the one it lost must not come back paused.
  await second.consumer.stop(5000);
  await eventually("it owns both", () => first.sink.numbers().length === 2);
  await write(topic, 1 - partition, "came back");
  await eventually("the record of the partition that came back", () => first.sink.values().includes("came back"));
});

test("a position of a partition that is not owned is not committed", async () => {
  const topic = await space.topic("fence", 2);
  const groupId = space.group();
  const first = await started(groupId, topic);
  await write(topic, 0, "a");
  await write(topic, 1, "b");
  await eventually("both arrived", () => first.sink.records.length === 2);
  const second = await started(groupId, topic);
  await eventually("each owns one", () => first.sink.numbers().length === 1 && second.sink.numbers().length === 1);
  const [own = 0] = first.sink.numbers();
  await eventually("its state is assigned", () => first.consumer.state() === "assigned");
  await first.consumer.commit([0, 1].map((partition) => ({ topic, partition, offset: 1, metadata: null })));
  assert.deepEqual(await space.committed(groupId, topic), { [own]: 1, [1 - own]: -1 });
});

test("the next owner is told what was committed with a position", async () => {
  const topic = await space.topic("metadata", 1);
  const groupId = space.group();
  const first = await started(groupId, topic);
  assert.deepEqual(first.sink.owned, [{ topic, partition: 0, offset: null, metadata: null }]);
  await write(topic, 0, "a", "b");
  await eventually("both arrived", () => first.sink.records.length === 2);
  await first.consumer.commit([{ topic, partition: 0, offset: 1, metadata: "s1.text" }]);
  await first.consumer.stop(5000);
  const second = await started(groupId, topic);
  assert.deepEqual(second.sink.owned, [{ topic, partition: 0, offset: 1, metadata: "s1.text" }]);
  await eventually("the uncommitted one", () => second.sink.records.length === 1);
  assert.deepEqual(second.sink.values(), ["b"]);
});

test("a commit after the consumer was stopped is rejected, and one without anything owned is nothing", async () => {
  const topic = await space.topic("stopped", 1);
  const { sink, consumer } = await started(space.group(), topic);
  await write(topic, 0, "a");
  await eventually("it arrived", () => sink.records.length === 1);
  await Promise.all([consumer.stop(5000), consumer.stop(5000)]);
  const commit = consumer.commit([{ topic, partition: 0, offset: 1, metadata: null }]);
  await assert.rejects(commit, (error) => error instanceof BridgeError && error.code === "BROKER_UNAVAILABLE");
  await consumer.commit([{ topic, partition: 9, offset: 1, metadata: null }]);
});

test("facts at which a sink threw come again, and nothing of them was passed over", async () => {
  const topic = await space.topic("defect", 1);
  const values: string[] = [];
  let throws = 2;
  const sink = {
    assigned: () => undefined,
    accept: (records: readonly { value: Buffer | null }[]) => {
      if (throws-- > 0) throw new TypeError("accept");
      values.push(...records.map(({ value }) => String(value)));
    },
  };
  await started(space.group(), topic, { sink, timing: { ...timing, afterDefect: "again" } });
  await write(topic, 0, "a", "b");
  await eventually("both", () => values.length === 2, 30_000);
  assert.deepEqual(values, ["a", "b"]);
});

test("requests at which a sink threw are passed over: logged as a defect, and the consumer lives on", async () => {
  const topic = await space.topic("throws", 1);
  const defects: string[] = [];
  const logger: Logger = { ...silentLogger, error: (_, message) => void defects.push(message) };
  const values: string[] = [];
  const sink = {
    assigned: () => {
      throw new RangeError("assigned");
    },
    accept: (records: readonly { value: Buffer | null }[]) => {
      values.push(...records.map(({ value }) => String(value)));
      throw new TypeError("accept");
    },
  };
  await started(space.group(), topic, { sink }, logger);
  await write(topic, 0, "a");
  await eventually("the first", () => values.length === 1);
  await write(topic, 0, "b");
  await eventually("the second", () => values.length === 2);
  assert.equal(defects.length, 3);
});

test("start waits for a topic that is not there yet, says so, and goes on when it is", async () => {
  const said: object[] = [];
  const logger: Logger = { ...silentLogger, warn: (fields) => void said.push(fields) };
  const groupId = space.group();
  const { consumer, sink } = member(groupId, `${space.prefix}.later`, {}, logger);
  const start = consumer.start(never);
  await eventually("it says what is missing", () => JSON.stringify(said).includes(`run \`${ownCommand} setup\``));
  assert.equal(consumer.state() === "assigned", false);
  await space.topic("later", 1);
  await start;
  assert.equal(consumer.state(), "assigned");
  assert.deepEqual(sink.numbers(), [0]);
});

test("start ends when it is aborted, and leaves nothing running", async () => {
  const abort = new AbortController();
  const { consumer } = member(space.group(), `${space.prefix}.nowhere`);
  const start = consumer.start(abort.signal);
  setTimeout(() => abort.abort(), 300);
  await assert.rejects(start, (error) => error instanceof BridgeError && error.code === "CLOSED");
  assert.equal(consumer.state(), "stopped");
});

test("positions that retention has overtaken are named as lost", async () => {
  const topic = await space.topic("lost", 1);
  const groupId = space.group();
  const first = await started(groupId, topic);
  await write(topic, 0, ...Array.from({ length: 10 }, (_, index) => `${index}`));
  await eventually("all arrived", () => first.sink.records.length === 10);
  await first.consumer.commit([{ topic, partition: 0, offset: 3, metadata: null }]);
  await first.consumer.stop(5000);
  // kafkajs looks the leader up in what it knows already.
  await space.admin.fetchTopicOffsets(topic);
  await space.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "7" }] });
  const lost: LostRange[] = [];
  const second = await started(groupId, topic, { onLost: (range) => void lost.push(range) });
  assert.deepEqual(lost, [{ topic, partition: 0, from: 3, until: 7 }]);
  await eventually("what is left", () => second.sink.records.length === 3);
  assert.deepEqual(second.sink.values(), ["7", "8", "9"]);
});

test("positions that retention overtakes while a partition is paused are named as lost when it goes on", async () => {
  const topic = await space.topic("overtaken", 2);
  const lost: LostRange[] = [];
  const { consumer, sink } = await started(space.group(), topic, { onLost: (range) => void lost.push(range) });
  await write(topic, 0, "0", "1");
  await eventually("both arrived", () => sink.records.length === 2);
  consumer.pause({ topic, partition: 0 });
  await write(topic, 0, "2", "3", "4", "5");
  await space.admin.fetchTopicOffsets(topic);
  await space.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "5" }] });
  consumer.resume({ topic, partition: 0 });
  await eventually("what is left", () => sink.records.length === 3);
  assert.deepEqual(sink.values(), ["0", "1", "5"]);
  assert.deepEqual(lost, [{ topic, partition: 0, from: 2, until: 5 }]);
});

test("partitions that are added later are read from their beginning", async () => {
  const topic = await space.topic("grows", 1);
  const groupId = space.group();
  await space.admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: "0" }] });
  await space.admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
  await eventually("the partition is there", async () => (await space.admin.fetchTopicOffsets(topic)).length === 2);
  await write(topic, 1, "in the new one");
  const { sink } = await started(groupId, topic);
  await eventually("it is read", () => sink.records.length === 1);
  assert.deepEqual(sink.values(), ["in the new one"]);
});

test("a topic that was made anew under its reader is read from its start, and the sink takes it for a new partition", async () => {
  const topic = await space.topic("anew", 2);
  const groupId = space.group();
  const { sink } = await started(groupId, topic);
  await write(topic, 0, "a", "b", "c");
  await eventually("the old topic's records", () => sink.records.length === 3);
  const { admin } = space;
  await admin.deleteTopics({ topics: [topic] });
  await eventually("the topic is there again", () =>
    admin.createTopics({ topics: [{ topic, numPartitions: 2 }] }).catch(() => false),
  );
  // What the old topic's producer knows of it is void.
  const writer = createRecordProducer(testClient({}));
  try {
    await eventually("a record can be written again", () =>
      writer.send({ topic, partition: 0, key: null, value: Buffer.from("new"), headers: {} }).then(
        () => true,
        () => false,
      ),
    );
  } finally {
    await writer.close(5000);
  }
  await eventually("the new topic's record", () => sink.values().includes("new"));
  assert.deepEqual(sink.assignments.at(-2), [{ topic, partition: 1 }]);
  assert.deepEqual(sink.numbers(), [0, 1]);
});
