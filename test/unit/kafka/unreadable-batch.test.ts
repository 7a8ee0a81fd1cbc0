import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import kafkajs, { type KafkaMessage } from "kafkajs";
import { installCodecs } from "../../../src/kafka/connection/compression.ts";
import { inboundRecords } from "../../../src/kafka/consume/inbound.ts";
import { unreadableHeader } from "../../../src/kafka/protocol/unreadable-header.ts";
import { createReader } from "../../../src/kafka/records/reader.ts";

installCodecs();
const require = createRequire(import.meta.url);
type Encode = (parts: object) => Promise<{ readonly buffer: Buffer }> & { readonly buffer: Buffer };
const encodeBatch = require("kafkajs/src/protocol/recordBatch/v0/index.js") as { RecordBatch: Encode };
const encodeRecord = require("kafkajs/src/protocol/recordBatch/record/v0/index.js") as Encode;
const decodeBatch = require("kafkajs/src/protocol/recordBatch/v0/decoder.js") as (
  decoder: object,
) => Promise<{ readonly records: readonly KafkaMessage[] }>;
const Decoder = require("kafkajs/src/protocol/decoder.js") as new (bytes: Buffer) => object;

/** Magic, attributes and so on come before the records; the compressed bytes follow. */
const overhead = 61;

/** A batch of kafkajs's own, read by kafkajs, in between with its last bytes broken. */
async function read(count: number, breakIt: boolean): Promise<readonly KafkaMessage[]> {
  const records = Array.from({ length: count }, (_, offsetDelta) =>
    encodeRecord({ offsetDelta, timestampDelta: 0, key: "12", value: `value ${offsetDelta}`, headers: {} }),
  );
  const { buffer } = await encodeBatch.RecordBatch({
    compression: kafkajs.CompressionTypes.GZIP,
    firstOffset: 100,
    firstTimestamp: 1_700_000_000_000,
    maxTimestamp: 1_700_000_000_000,
    lastOffsetDelta: count - 1,
    records,
  });
  const batch = Buffer.from(buffer);
  if (breakIt) batch.fill(0xee, overhead);
  return (await decodeBatch(new Decoder(batch))).records;
}

test("a batch that can be read is read", async () => {
  const records = inboundRecords({ topic: "billing.clients", partition: 0 }, await read(3, false));
  assert.deepEqual(
    records.map(({ offset, value }) => `${offset} ${String(value)}`),
    ["100 value 0", "101 value 1", "102 value 2"],
  );
});

for (const count of [1, 2, 300]) {
  test(`a batch of ${count} that cannot be read is one record at its last offset, poison with the reason`, async () => {
    const messages = await read(count, true);
    assert.deepEqual(
      messages.map(({ offset }) => Number(offset)),
      Array.from({ length: count }, (_, at) => 100 + at),
    );
    const records = inboundRecords({ topic: "billing.clients", partition: 0 }, messages);
    const [record] = records;
    assert.ok(records.length === 1 && record !== undefined);
    assert.equal(record.offset, 100 + count - 1);
    assert.equal(record.key, null);
    const reader = createReader({
      registry: { cached: () => undefined, codecById: () => Promise.reject(new Error()) },
    });
    const admission = reader.admit(record);
    assert.ok(admission.kind === "poison");
    assert.equal(admission.reason, "undecodable");
    assert.match(admission.detail, /a batch cannot be read as gzip/);
  });
}

test("of two such batches in a row each leaves its word, and what stands between stays", async () => {
  const good = (await read(1, false))[0] ?? assert.fail();
  const bad = (await read(1, true))[0] ?? assert.fail();
  assert.ok(bad.headers !== undefined && unreadableHeader in bad.headers);
  const other = await read(2, true);
  const records = inboundRecords({ topic: "t", partition: 0 }, [bad, ...other, good, bad]);
  assert.deepEqual(
    records.map(({ offset }) => offset),
    [100, 101, 100, 100],
  );
});
