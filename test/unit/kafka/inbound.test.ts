import assert from "node:assert/strict";
import { test } from "node:test";
import type { IHeaders, KafkaMessage } from "kafkajs";
import { inboundRecord } from "../../../src/kafka/consume/inbound.ts";

const at = { topic: "facts", partition: 3 };

function message(parts: Partial<Pick<KafkaMessage, "key" | "value">> & { headers?: IHeaders }): KafkaMessage {
  return { key: null, value: null, timestamp: "1700000000000", offset: "42", attributes: 0, headers: {}, ...parts };
}

test("a record holds none of the memory of the fetch it came with", () => {
  const fetched = Buffer.alloc(1_000_000, "x");
  const record = inboundRecord(
    at,
    message({
      key: fetched.subarray(0, 4),
      value: fetched.subarray(4, 104),
      headers: { one: fetched.subarray(104, 110), twice: [fetched.subarray(110, 112), fetched.subarray(112, 115)] },
    }),
  );
  const { one, twice } = record.headers;
  const parts = [record.key, record.value, one, ...(twice as Buffer[])];
  for (const part of parts) assert.notEqual((part as Buffer).buffer, fetched.buffer);
  assert.deepEqual(
    parts.map((part) => (part as Buffer).length),
    [4, 100, 6, 2, 3],
  );
  assert.deepEqual(
    [record.offset, record.timestampMs, record.topic, record.partition],
    [42, 1_700_000_000_000, "facts", 3],
  );
});

test("a tombstone stays one, and headers without a value count as absent", () => {
  const nothing = null as unknown as Buffer;
  const record = inboundRecord(at, message({ headers: { gone: nothing, some: [nothing, Buffer.from("a")] } }));
  assert.deepEqual([record.key, record.value], [null, null]);
  assert.deepEqual({ ...record.headers }, { some: [Buffer.from("a")] });
});

test("a header named like a property of every object is a header like any other", () => {
  const headers = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>;
  const record = inboundRecord(at, message({ headers }));
  assert.deepEqual(Object.keys(record.headers), ["__proto__", "constructor"]);
  assert.equal(Object.getPrototypeOf(record.headers), null);
});

test("a time that no calendar has counts as none: it could stand in no dead letter", () => {
  const timeOf = (timestamp: string): number => inboundRecord(at, { ...message({}), timestamp }).timestampMs;
  assert.equal(timeOf("8640000000000000"), 8.64e15);
  assert.equal(timeOf("-8640000000000000"), -8.64e15);
  for (const odd of ["-1152921504606846976", "9223372036854775807", "8640000000000001"]) assert.equal(timeOf(odd), -1);
});
