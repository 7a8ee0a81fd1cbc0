import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeadLetter } from "../../../src/after/ports.ts";
import { createDeadLetters } from "../../../src/kafka/records/dead-letters.ts";
import { groupKey } from "../../../src/kafka/records/group-key.ts";
import type { OutboundRecord } from "../../../src/model/record.ts";

function letter(key: Buffer | null): DeadLetter {
  const record = { topic: "billing.clients", partition: 1, offset: 7, timestampMs: 0, key, value: null, headers: {} };
  return { group: "switch", handler: "trunks", record, reason: "rejected", detail: "", attempts: [] };
}

test("a dead letter is written under its group and key, with the time it died", async () => {
  const sent: OutboundRecord[] = [];
  const letters = createDeadLetters({
    producer: {
      send: (record) => {
        sent.push(record);
        return Promise.resolve({ partition: 0, offset: 0 });
      },
    },
    topic: "billing.dead-letters",
    encode: ({ reason }, deadAtMs) => Buffer.from(`${reason} at ${deadAtMs}`),
    clock: { epochMs: () => 42 },
  });
  await letters.write(letter(Buffer.from("12")));
  const value = Buffer.from("rejected at 42");
  assert.deepEqual(sent, [{ topic: "billing.dead-letters", key: Buffer.from("switch/12"), value, headers: {} }]);
});

test("keys keep their bytes, and records without a key share their group's", () => {
  assert.deepEqual(groupKey("switch", Buffer.from([0xff, 0x00])), Buffer.from("switch/\xff\x00", "latin1"));
  assert.deepEqual(groupKey("switch", null), Buffer.from("switch/"));
});

test("a letter that could not be written rejects, so that nothing is settled", async () => {
  const letters = createDeadLetters({
    producer: { send: () => Promise.reject(new Error("no replica")) },
    topic: "t",
    encode: () => Buffer.alloc(0),
  });
  await assert.rejects(letters.write(letter(null)), /no replica/);
});

test("a letter that cannot be encoded rejects as well, and is not sent", async () => {
  const letters = createDeadLetters({
    producer: { send: () => assert.fail("sent") },
    topic: "t",
    encode: () => {
      throw new Error("does not fit");
    },
  });
  await assert.rejects(letters.write(letter(null)), /does not fit/);
});
