import assert from "node:assert/strict";
import { test } from "node:test";
import { afterTiming, createGroupConsumer } from "../../src/kafka/consume/consumer.ts";
import { createRecordProducer } from "../../src/kafka/produce/producer.ts";
import type { InboundRecord } from "../../src/model/record.ts";
import { eventually } from "../support/eventually.ts";
import { MemorySink, testClient, Workspace } from "../support/kafka.ts";

class SizedSink extends MemorySink {
  readonly batches: number[] = [];

  override accept(records: readonly InboundRecord[]): void {
    super.accept(records);
    this.batches.push(records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0));
  }
}

test("a partition with much behind it comes in small pieces, and a record larger than a piece comes, too", async () => {
  const client = testClient();
  const space = await Workspace.open(client);
  const topic = await space.topic("much", 1);
  const producer = createRecordProducer(client);
  await producer.connect();
  const write = (size: number) => producer.send({ topic, key: "a", value: Buffer.alloc(size, "x"), headers: {} });
  // One by one, so that each is a batch of its own for the broker.
  for (let number = 0; number < 60; number++) await write(20_000);
  const largest = 1_000_000;
  await write(largest);
  await write(1);
  const sink = new SizedSink();
  const consumer = createGroupConsumer(client, {
    groupId: space.group(),
    topics: [topic],
    sink,
    onGaveUp: (error) => {
      throw error;
    },
    timing: afterTiming,
  });
  await consumer.start(new AbortController().signal);
  await eventually("all of it", () => sink.records.length === 62);
  const small = sink.batches.filter((bytes) => bytes < largest);
  assert.ok(Math.max(...small) <= afterTiming.partitionBytes, `${Math.max(...small)} bytes in one piece`);
  assert.equal(sink.records[60]?.value?.length, largest);
  await Promise.all([consumer.stop(5000), producer.close(5000)]);
  await space.close();
});
