import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mock, test } from "node:test";
import fc from "fast-check";
import { encodeProduceRequest, type ProduceRequest } from "../../../src/kafka/protocol/produce-request.ts";

const require = createRequire(import.meta.url);

type UpstreamRequest = (of: ProduceRequest) => { encode(): Promise<{ buffer: Buffer }> };

/** What kafkajs itself would send. */
async function upstream(request: ProduceRequest): Promise<Buffer> {
  const make = require("kafkajs/src/protocol/requests/produce/v3/request.js") as UpstreamRequest;
  return (await make(request).encode()).buffer;
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const text = fc.oneof(fc.string({ maxLength: 90 }), fc.string({ unit: "grapheme", maxLength: 20 }));
const value = fc.oneof(bytes, text, fc.constant(null));
const header = fc.oneof(bytes, text);
const headers = fc.dictionary(fc.string({ maxLength: 20 }), fc.oneof(header, fc.array(header, { maxLength: 3 })), {
  maxKeys: 12,
  noNullPrototype: false,
});
// kafkajs sorts them as text: as many digits each.
const timestamp = fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 }).map(String);
const message = fc.record({ key: value, value, headers }, { requiredKeys: ["value"] });
const timed = fc.record({ key: value, value, headers, timestamp }, { requiredKeys: ["value", "timestamp"] });
const most = { minLength: 1, maxLength: 150 };
const partition = fc.record({
  partition: fc.nat(100),
  firstSequence: fc.nat(2 ** 31 - 1),
  // Where only some state a time kafkajs leaves the others out of the batch's first and last.
  messages: fc.oneof(fc.array(message, most), fc.array(timed, most)),
});
const request = fc.record({
  acks: fc.constantFrom(-1, 0, 1),
  timeout: fc.nat(60_000),
  transactionalId: fc.option(fc.string({ maxLength: 20 })),
  producerId: fc.bigInt({ min: -1n, max: 2n ** 63n - 1n }).map(String),
  producerEpoch: fc.nat(30_000),
  topicData: fc.array(
    fc.record({ topic: fc.string({ maxLength: 30 }), partitions: fc.array(partition, { maxLength: 3 }) }),
    { maxLength: 3 },
  ),
});

test("a produce request is, byte for byte, what kafkajs would send", async () => {
  const nowMs = 1_800_000_000_123;
  mock.timers.enable({ apis: ["Date"], now: nowMs });
  try {
    await fc.assert(
      fc.asyncProperty(request, async (one) => {
        // An empty transactional id is one for kafkajs's flag, but not for ours: nobody has such a thing.
        if (one.transactionalId === "") one.transactionalId = null;
        assert.deepEqual(encodeProduceRequest(one, nowMs), await upstream(one));
      }),
      { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 100) },
    );
  } finally {
    mock.timers.reset();
  }
});
