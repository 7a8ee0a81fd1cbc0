import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError } from "../../../src/errors.ts";
import { classifySendFailure, notWritten, partitionGone, refused } from "../../../src/kafka/produce/producer-errors.ts";

const record = { topic: "facts", key: "1", value: Buffer.alloc(42), headers: {}, partition: 7 };

function wrapped(type: string): Error {
  const cause = Object.assign(new Error("inner"), { type });
  return new Error("outer", { cause: new Error("middle", { cause }) });
}

for (const [type, kind] of [
  ["MESSAGE_TOO_LARGE", "record"],
  ["TOPIC_AUTHORIZATION_FAILED", "record"],
  ["OUT_OF_ORDER_SEQUENCE_NUMBER", "spent"],
  ["DUPLICATE_SEQUENCE_NUMBER", "spent"],
  ["UNKNOWN_PRODUCER_ID", "spent"],
  ["INVALID_PRODUCER_EPOCH", "spent"],
  ["NOT_LEADER_FOR_PARTITION", "passing"],
] as const) {
  test(`${type} is found behind the errors kafkajs wraps around it, and means: ${kind}`, () => {
    assert.equal(classifySendFailure(wrapped(type)).kind, kind);
  });
}

test("a client that holds itself for connected and is not is spent", () => {
  const error = new Error("retries exceeded", { cause: new Error("Broker not connected") });
  assert.deepEqual(classifySendFailure(error), { kind: "spent" });
});

test("what has no type, or is no error, may pass", () => {
  for (const thrown of [new Error("socket"), "text", null, undefined]) {
    assert.deepEqual(classifySendFailure(thrown), { kind: "passing" });
  }
});

test("an error that is its own cause ends the search", () => {
  const error = new Error("circle");
  error.cause = error;
  assert.deepEqual(classifySendFailure(error), { kind: "passing" });
});

test("errors name the topic, the size and the partition, and keep their cause, but hold no data", () => {
  const cause = new Error("inner");
  const tooLarge = refused(record, "MESSAGE_TOO_LARGE", cause);
  assert.ok(tooLarge instanceof BridgeError);
  assert.equal(tooLarge.code, "RECORD_TOO_LARGE");
  assert.match(tooLarge.message, /42 bytes .* facts/);
  assert.equal(tooLarge.cause, cause);
  assert.equal(refused(record, "INVALID_RECORD", cause).code, "RECORD_REFUSED");
  assert.match(partitionGone(record).message, /facts, partition 7/);
  assert.equal(notWritten(record, null).code, "BROKER_UNAVAILABLE");
});
