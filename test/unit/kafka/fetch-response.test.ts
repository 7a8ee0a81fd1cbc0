import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { inflate } from "../../../src/kafka/connection/compression.ts";
import { readByKafkajs, upstreamResponse } from "../../../src/kafka/patches/fast-fetch.ts";
import { mendRecordHeaders } from "../../../src/kafka/patches/record-headers.ts";
import { measureBatch, type OutboundMessage, writeBatch } from "../../../src/kafka/protocol/batch-writer.ts";
import { decodeFetchResponse, type FetchResponse } from "../../../src/kafka/protocol/fetch-response.ts";
import { Output } from "../../../src/kafka/protocol/output.ts";

/** A batch as it may stand in a log: with the offset, and the bits of the attributes, that only a broker sets. */
interface Batch {
  readonly firstOffset: number;
  readonly messages: readonly OutboundMessage[];
  readonly attributes: number;
  readonly compressed: boolean;
}

function batchBytes({ attributes, compressed, firstOffset, messages }: Batch): Buffer {
  const measured = measureBatch(messages, 1_800_000_000_000);
  const out = new Output(measured.size);
  writeBatch(out, measured, { producerId: 7n, producerEpoch: 1, firstSequence: 3, transactional: false });
  out.bytes.writeBigInt64BE(BigInt(firstOffset), 0);
  const gzip = 1;
  out.bytes.writeInt16BE(attributes | (compressed ? gzip : 0), 21);
  if (!compressed) return out.bytes;
  const packed = Buffer.concat([out.bytes.subarray(0, 61), gzipSync(out.bytes.subarray(61))]);
  packed.writeInt32BE(packed.length - 12, 8);
  return packed;
}

interface Partition {
  readonly batches: readonly Batch[];
  /** Bytes that are missing of the last batch. */
  readonly cut: number;
  readonly errorCode: number;
  /** Aborted transactions; -1 is the list that is null. */
  readonly aborted: number;
  readonly preferred: number;
}

const usual = { cut: 0, errorCode: 0, aborted: 1, preferred: -1 };

function recordsOf({ batches, cut }: Partition): Buffer {
  const whole = Buffer.concat(batches.map(batchBytes));
  return whole.subarray(0, Math.max(0, whole.length - cut));
}

/** An answer to Fetch of one topic. */
function answer(partitions: readonly Partition[]): Buffer {
  const head = new Output(14 + 2 + 5 + 4);
  head.int32(12);
  head.int16(0);
  head.int32(99);
  head.int32(1);
  head.string("topic");
  head.int32(partitions.length);
  const parts = partitions.map((one, at) => {
    const { aborted, errorCode, preferred } = one;
    const records = recordsOf(one);
    const out = new Output(42 + 16 * Math.max(0, aborted) + records.length);
    out.int32(at);
    out.int16(errorCode);
    for (const offset of [500n, 400n, 2n ** 62n]) out.int64(offset);
    out.int32(aborted);
    for (let left = aborted; left > 0; left--) {
      out.int64(8n);
      out.int64(350n);
    }
    out.int32(preferred);
    out.int32(records.length);
    out.raw(records);
    return out.bytes;
  });
  return Buffer.concat([head.bytes, ...parts]);
}

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const value = fc.oneof(bytes, fc.constant(null));
const header = fc.oneof(bytes, fc.constant(null));
const name = fc.oneof(fc.string({ maxLength: 10 }), fc.constantFrom("constructor", "toString", "ce_id", "__proto__"));
const headers = fc
  .array(fc.tuple(name, fc.oneof(header, fc.array(bytes, { minLength: 1, maxLength: 3 }))), { maxLength: 8 })
  .map((entries) => Object.fromEntries(entries));
const timestamp = fc.integer({ min: 0, max: 9_999_999_999_999 }).map(String);
const message = fc.record({ key: value, value, headers, timestamp }, { requiredKeys: ["value", "timestamp"] });
const logAppendTime = 8;
const control = 32;
const batch: fc.Arbitrary<Batch> = fc.record({
  firstOffset: fc.nat(2 ** 31),
  messages: fc.array(message, { minLength: 1, maxLength: 20 }),
  attributes: fc.constantFrom(0, 0, 0, logAppendTime, control),
  compressed: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
});
const partition = fc.record({
  batches: fc.array(batch, { maxLength: 4 }),
  cut: fc.constantFrom(0, 0, 1, 30, 5000),
  errorCode: fc.constantFrom(0, 0, 0, 6),
  aborted: fc.constantFrom(-1, 0, 0, 1, 2),
  preferred: fc.constantFrom(-1, -1, 3),
});

/** What a consumer sees of it. A header that is null counts as absent (inbound.ts). */
function seen(response: unknown): unknown {
  const { responses, ...rest } = response as FetchResponse;
  return {
    ...rest,
    responses: responses.map(({ partitions, topicName }) => ({
      topicName,
      partitions: partitions.map(({ messages, ...others }) => ({ ...others, messages: messages.map(seenMessage) })),
    })),
  };
}

function seenMessage(one: unknown): unknown {
  const { headers: own, batchContext, key, value: body, ...rest } = one as Record<string, unknown>;
  const { inTransaction, producerId } = batchContext as Record<string, unknown>;
  const list = Object.entries(own as Record<string, unknown>).filter(([, inner]) => inner !== null);
  const { offset, timestamp: time, isControlRecord, attributes, magicByte } = rest;
  return { list, key, body, inTransaction, producerId, offset, time, isControlRecord, attributes, magicByte };
}

/** Without the partitions of which there is nothing to tell, and without aborted transactions. */
function told(response: FetchResponse, partitions: readonly Partition[]): FetchResponse {
  const tells = ({ partition: at }: { readonly partition: number }): boolean => {
    const one = partitions[at] ?? assert.fail();
    return one.errorCode !== 0 || one.aborted > 0 || one.preferred !== -1 || recordsOf(one).length > 0;
  };
  // Records of an aborted transaction are told as control records instead.
  const responses = response.responses.map((topic) => ({
    ...topic,
    partitions: topic.partitions.filter(tells).map((one) => ({ ...one, abortedTransactions: [] })),
  }));
  return { ...response, responses: responses.filter((topic) => topic.partitions.length > 0) };
}

test("an answer to Fetch is read as kafkajs reads it, but for partitions of which there is nothing to tell", async () => {
  mendRecordHeaders();
  await fc.assert(
    fc.asyncProperty(fc.array(partition, { maxLength: 5 }), async (partitions) => {
      const raw = answer(partitions);
      const ours = await decodeFetchResponse(raw, inflate, readByKafkajs);
      const theirs = (await upstreamResponse().decode(raw)) as FetchResponse;
      assert.deepEqual(seen(ours), seen(told(theirs, partitions)));
    }),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 150) },
  );
});

test("a record does not keep the answer that it came in", async () => {
  const messages = [{ key: Buffer.from("key"), value: Buffer.from("value"), headers: { name: Buffer.from("header") } }];
  const raw = answer([{ batches: [{ firstOffset: 5, messages, attributes: 0, compressed: false }], ...usual }]);
  const { responses } = await decodeFetchResponse(raw, inflate, readByKafkajs);
  raw.fill(0);
  const [one] = responses[0]?.partitions[0]?.messages ?? [];
  assert.partialDeepStrictEqual(one, { ...messages[0], offset: "5", ownMemory: true });
});

test("bytes that end too early are refused", async () => {
  const messages = [{ value: Buffer.from("value") }];
  const raw = answer([{ batches: [{ firstOffset: 0, messages, attributes: 0, compressed: false }], ...usual }]);
  for (let length = 0; length < 60; length++) {
    await assert.rejects(decodeFetchResponse(raw.subarray(0, length), inflate, readByKafkajs), RangeError);
  }
});
