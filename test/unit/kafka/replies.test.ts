import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BridgeError } from "../../../src/errors.ts";
import { partitionBytes } from "../../../src/kafka/records/headers.ts";
import { createReplier } from "../../../src/kafka/records/replies.ts";
import type { InboundRecord, OutboundRecord, RecordHeaders } from "../../../src/model/record.ts";
import type { Verdict } from "../../../src/model/verdict.ts";

const verdict: Verdict = {
  decision: "allow",
  decidedBy: "handler",
  handler: "credit-guard",
  reason: null,
  operationId: "op-1",
  attempt: 1,
  baseVersion: null,
  dataHash: "00",
  data: null,
  changes: [],
  handlers: [],
  warnings: [],
};
const correlationId = Buffer.from("00112233445566778899aabbccddeeff", "hex");
const good = { kafka_correlationId: correlationId, kafka_replyTopic: Buffer.from("billing.verdicts") };

function request(headers: RecordHeaders): InboundRecord {
  const topic = "billing.clients.before";
  return { topic, partition: 0, offset: 1, timestampMs: 0, key: null, value: Buffer.from("v"), headers };
}

function replier(partitions = 6) {
  const sent: OutboundRecord[] = [];
  const replies = createReplier({
    producer: {
      send: (record) => {
        sent.push(record);
        return Promise.resolve({ partition: 0, offset: 0 });
      },
    },
    allowedTopics: ["billing.verdicts"],
    hasPartition: (_topic, partition) => partition < partitions,
    encode: ({ decision }, data) => Buffer.concat([Buffer.from(decision), data ?? Buffer.alloc(0)]),
  });
  return { replies, sent };
}

test("a reply goes to the topic and partition the request names, with nothing but its correlation id", async () => {
  const { replies, sent } = replier();
  const headers = { ...good, kafka_replyPartition: partitionBytes(3), spring_json_header_types: Buffer.from("{}") };
  assert.equal(replies.refusal(request(headers)), null);
  assert.equal(await replies.send(request(headers), verdict, Buffer.from("!")), "by-request");
  assert.deepEqual(sent, [
    {
      topic: "billing.verdicts",
      partition: 3,
      key: "op-1",
      value: Buffer.from("allow!"),
      headers: { kafka_correlationId: correlationId },
    },
  ]);
});

test("any correlation id comes back byte for byte", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 64 }), async (bytes) => {
      const { replies, sent } = replier();
      await replies.send(request({ ...good, kafka_correlationId: Buffer.from(bytes) }), verdict, null);
      assert.deepEqual(sent[0]?.headers["kafka_correlationId"], Buffer.from(bytes));
    }),
  );
});

for (const [what, partition] of [
  ["absent", undefined],
  ["out of range", partitionBytes(6)],
  ["unreadable", Buffer.from("six")],
] as const) {
  test(`a reply partition that is ${what} leaves the choice to the key`, async () => {
    const { replies, sent } = replier();
    assert.equal(await replies.send(request({ ...good, kafka_replyPartition: partition }), verdict, null), "by-key");
    assert.equal(sent.length, 1);
    assert.ok(sent[0] !== undefined && !("partition" in sent[0]));
    assert.equal(sent[0].key, "op-1");
  });
}

test("while the topic's partitions are not known the key chooses, even of partition 0", async () => {
  const { replies, sent } = replier(0);
  assert.equal(
    await replies.send(request({ ...good, kafka_replyPartition: partitionBytes(0) }), verdict, null),
    "by-key",
  );
  assert.ok(sent[0] !== undefined && !("partition" in sent[0]));
});

for (const [what, headers, why] of [
  ["without a reply topic", { ...good, kafka_replyTopic: undefined }, /kafka_replyTopic/],
  [
    "that names a topic which is not allowed",
    { ...good, kafka_replyTopic: "billing.clients" },
    /billing\.clients.*REPLY_TOPICS/,
  ],
  ["without a correlation id", { ...good, kafka_correlationId: undefined }, /kafka_correlationId/],
  ["with an empty correlation id", { ...good, kafka_correlationId: Buffer.alloc(0) }, /kafka_correlationId/],
] as const) {
  test(`a request ${what} is refused with the reason, and nothing is sent for it`, async () => {
    const { replies, sent } = replier();
    assert.match(replies.refusal(request(headers)) ?? "", why);
    await assert.rejects(
      replies.send(request(headers), verdict, null),
      (error) => error instanceof BridgeError && error.code === "USAGE",
    );
    assert.deepEqual(sent, []);
  });
}

test("a reason never repeats more than a little of what a stranger wrote", () => {
  const refusal = replier().replies.refusal(request({ ...good, kafka_replyTopic: `x\n${"y".repeat(10_000)}` }));
  assert.ok(refusal !== null && refusal.length < 200 && !refusal.includes("\n"));
});

test("a reply that the producer could not write rejects", async () => {
  const replies = createReplier({
    producer: { send: () => Promise.reject(new BridgeError("BROKER_UNAVAILABLE", "away")) },
    allowedTopics: ["billing.verdicts"],
    hasPartition: (_topic, partition) => partition < 1,
    encode: () => Buffer.alloc(0),
  });
  await assert.rejects(replies.send(request(good), verdict, null), /away/);
});
