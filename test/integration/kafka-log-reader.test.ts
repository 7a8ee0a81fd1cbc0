import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BridgeError } from "../../src/errors.ts";
import { type LogReader, openLogReader } from "../../src/kafka/consume/log-reader.ts";
import { createRecordProducer } from "../../src/kafka/produce/producer.ts";
import type { InboundRecord } from "../../src/model/record.ts";
import { testClient, Workspace } from "../support/kafka.ts";

let workspace: Workspace;
let reader: LogReader;
let topic: string;
const partition = 0;

before(async () => {
  workspace = await Workspace.open();
  topic = await workspace.topic("log", 2);
  const producer = createRecordProducer(workspace.client);
  for (let number = 0; number < 10; number++) {
    const headers = { number: String(number) };
    // Half a MiB each, and one after another: an answer holds two or three.
    const value = Buffer.alloc(number < 5 ? 512 * 1024 : 10, number);
    await producer.send({ topic, partition, key: `k${number}`, value, headers });
  }
  await producer.close(1000);
  await workspace.admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: "2" }] });
  reader = await openLogReader(workspace.client, 10_000);
});

after(async () => {
  await reader.close();
  await workspace.close();
});

async function read(from: number, until: number): Promise<InboundRecord[]> {
  const found: InboundRecord[] = [];
  for await (const records of reader.read({ topic, partition, from, until })) found.push(...records);
  return found;
}

test("a range is read whole and in order, over several answers, and no further", async () => {
  const found = await read(2, 9);
  assert.deepEqual(
    found.map(({ offset }) => offset),
    [2, 3, 4, 5, 6, 7, 8],
  );
  assert.deepEqual(
    found.map(({ key, headers }) => [String(key), String(headers["number"])]),
    [2, 3, 4, 5, 6, 7, 8].map((number) => [`k${number}`, String(number)]),
  );
  assert.equal(found[0]?.value?.length, 512 * 1024);
});

test("what retention took is passed over", async () => {
  assert.deepEqual(
    (await read(0, 4)).map(({ offset }) => offset),
    [2, 3],
  );
});

test("an empty range asks nothing and ends", async () => {
  assert.deepEqual(await read(10, 10), []);
});

test("one record is found by its offset, the first that is kept for one that is gone, none at the end or past it", async () => {
  assert.equal((await reader.first({ topic, partition }, 7))?.offset, 7);
  assert.equal((await reader.first({ topic, partition }, 0))?.offset, 2);
  assert.equal(await reader.first({ topic, partition }, 10), null);
  assert.equal(await reader.first({ topic, partition }, 11), null);
  assert.equal(await reader.first({ topic, partition: 1 }, 0), null);
});

test("a topic that is not there is said to be missing, a partition that is not there to be a slip, with those there are", async () => {
  const missing = (error: unknown) => error instanceof BridgeError && error.code === "NOT_SET_UP";
  await assert.rejects(reader.first({ topic, partition: 7 }, 0), {
    code: "USAGE",
    message: `the topic ${topic} has no partition 7; there are: 0 to 1`,
  });
  const short = await openLogReader(workspace.client, 1500);
  await assert.rejects(short.first({ topic: `${topic}-none`, partition: 0 }, 0), missing);
  await short.close();
});

test("without a broker it says so in time", async () => {
  const refused = (error: unknown) => error instanceof BridgeError && error.code === "BROKER_UNAVAILABLE";
  await assert.rejects(openLogReader(testClient({ brokers: "127.0.0.1:9" }), 3000), refused);
});
