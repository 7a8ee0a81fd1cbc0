import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { type LogReader, openLogReader } from "../../src/kafka/consume/log-reader.ts";
import { Output } from "../../src/kafka/protocol/output.ts";
import { unreadableHeader } from "../../src/kafka/protocol/unreadable-header.ts";
import { Workspace } from "../support/kafka.ts";
import { minusTwo, overlongFive, plainRecord, rawBatch, recordOf, varint } from "../support/raw-batch.ts";

let workspace: Workspace;
let reader: LogReader;

before(async () => {
  workspace = await Workspace.open();
  reader = await openLogReader(workspace.client, 10_000);
});

after(async () => {
  await reader.close();
  await workspace.close();
});

/** Sends one Produce request of version 7 and returns its error code: no library writes what stands in these batches. */
async function produce(topic: string, batch: Buffer): Promise<number> {
  const out = new Output(200 + topic.length + batch.length);
  out.int32(0);
  out.int16(0);
  out.int16(7);
  out.int32(1);
  out.string("raw");
  out.int16(-1);
  out.int16(-1);
  out.int32(10_000);
  out.int32(1);
  out.string(topic);
  out.int32(1);
  out.int32(0);
  out.int32(batch.length);
  out.raw(batch);
  out.bytes.writeInt32BE(out.at - 4, 0);
  const [host = "", port = ""] = (process.env["KAFKA_BROKERS"] ?? "").split(",")[0]?.split(":") ?? [];
  const socket = connect(Number(port), host);
  socket.write(out.bytes.subarray(0, out.at));
  const [answer] = (await once(socket, "data", { signal: AbortSignal.timeout(10_000) }).finally(() =>
    socket.destroy(),
  )) as [Buffer];
  // Length, correlation, topics, the topic's name, partitions, the partition; then the error.
  return answer.readInt16BE(4 + 4 + 4 + 2 + topic.length + 4 + 4);
}

test("lengths that no library writes, and the broker takes, are read as the broker reads them", async () => {
  const topic = await workspace.topic("odd-lengths", 1);
  const odd = recordOf(Buffer.of(0), varint(0), varint(0), overlongFive, "hello", minusTwo, varint(0));
  assert.equal(await produce(topic, rawBatch({ records: [odd, plainRecord(1, "next")] })), 0);
  assert.equal(await produce(topic, rawBatch({ records: [plainRecord(0, "last")] })), 0);
  const { next, records } = await reader.next({ topic, partition: 0 }, 0);
  assert.deepEqual(
    records.map(({ key, offset, headers }) => [String(key), offset, unreadableHeader in headers]),
    [
      ["hello", 0, false],
      ["next", 1, false],
      ["last", 2, false],
    ],
  );
  assert.equal(next, 3);
});

test("offsets that a record only claims, and times that no calendar has, stop nothing", async () => {
  const topic = await workspace.topic("odd-offsets", 1);
  const claimed = rawBatch({ records: [plainRecord(1_000_000, "far"), plainRecord(-7, "before")] });
  assert.equal(await produce(topic, claimed), 0);
  assert.equal(await produce(topic, rawBatch({ records: [plainRecord(0, "ancient")], timestampMs: -(2n ** 60n) })), 0);
  const { next, records } = await reader.next({ topic, partition: 0 }, 0);
  assert.deepEqual(
    records.map(({ key, offset }) => [String(key), offset]),
    [
      ["far", 0],
      ["before", 1],
      ["ancient", 2],
    ],
  );
  assert.equal(records[2]?.timestampMs, -1);
  assert.equal(next, 3);
});
