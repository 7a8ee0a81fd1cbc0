import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { StoredDeadLetter } from "../../../src/kafka/records/dead-letter-codec.ts";
import { readReplay, replayRecord } from "../../../src/kafka/records/replays.ts";
import type { InboundRecord, RecordHeaders } from "../../../src/model/record.ts";

const bytes = fc.uint8Array({ maxLength: 8 }).map((list) => Buffer.from(list));
const name = fc.oneof(
  fc.constantFrom("bridge_replay", "ce_type", "__proto__", "constructor"),
  fc.string({ minLength: 1 }),
);
const headers: fc.Arbitrary<RecordHeaders> = fc
  .array(fc.tuple(name, fc.oneof(bytes, fc.array(bytes, { minLength: 2, maxLength: 3 }))))
  .map((list) => {
    const own = Object.create(null) as Record<string, Buffer | Buffer[]>;
    for (const [header, value] of list) own[header] = value;
    return own;
  });
const letters: fc.Arbitrary<StoredDeadLetter> = fc
  .record({
    group: fc.string({ minLength: 1 }),
    handler: fc.option(fc.string({ minLength: 1 })),
    key: fc.option(bytes),
    value: bytes,
    headers,
    offset: fc.nat(),
  })
  .map(({ group, handler, key, value, headers: own, offset }) => ({
    group,
    handler,
    record: { topic: "billing.clients", partition: 1, offset, timestampMs: 5, key, value, headers: own },
    reason: "rejected",
    detail: "",
    eventId: "clients.update",
    attempts: [],
    deadAt: "2026-01-01T00:00:00.000Z",
  }));

/** As the broker would hand it out again. */
function received(letter: StoredDeadLetter): InboundRecord {
  const { topic, key, value, headers: own } = replayRecord("billing.replays", letter, { partition: 3, offset: 17 });
  const written = Object.create(null) as Record<string, Buffer | Buffer[]>;
  for (const [header, text] of Object.entries(own)) {
    const list = (Array.isArray(text) ? text : [text]) as readonly (Buffer | string)[];
    const [first, ...others] = list.map((one) => Buffer.from(one));
    if (first !== undefined) written[header] = others.length === 0 ? first : [first, ...others];
  }
  return { topic, partition: 0, offset: 99, timestampMs: 7, key: key as Buffer | null, value, headers: written };
}

test("a replay is read as the record that failed, to the byte, and says to whom it goes", () => {
  fc.assert(
    fc.property(letters, (letter) => {
      const reading = readReplay(received(letter));
      assert.ok(reading.kind === "replay");
      const { group, handler, record } = letter;
      assert.deepEqual(reading.replay, { group, handler, record });
    }),
  );
});

test("a replay keeps the key, so that a key's replays stay in order", () => {
  fc.assert(
    fc.property(letters, (letter) => {
      const { key, topic } = replayRecord("billing.replays", letter, { partition: 0, offset: 0 });
      assert.equal(topic, "billing.replays");
      assert.deepEqual(key, letter.record.key);
    }),
  );
});

test("a replay of a replay goes where the last one says", () => {
  const [letter] = fc.sample(letters, 1);
  assert.ok(letter !== undefined);
  const first = received(letter);
  const again = readReplay(received({ ...letter, handler: "second", record: first }));
  assert.ok(again.kind === "replay");
  assert.equal(again.replay.handler, "second");
  assert.deepEqual(again.replay.record, first);
});

test("what somebody else wrote there is foreign, whatever it holds", () => {
  const record = (header: string | undefined): InboundRecord => ({
    topic: "billing.replays",
    partition: 0,
    offset: 1,
    timestampMs: 0,
    key: null,
    value: null,
    headers: header === undefined ? {} : { bridge_replay: Buffer.from(header) },
  });
  const usual = { group: "g", handler: null, topic: "t", partition: 0, offset: 1, timestamp: 2 };
  assert.equal(readReplay(record(JSON.stringify(usual))).kind, "replay");
  for (const text of [undefined, "", "{", "null", "7", "[]", "{}", JSON.stringify({ ...usual, group: 7 })]) {
    assert.equal(readReplay(record(text)).kind, "foreign", text);
  }
  for (const wrong of [{ handler: 1 }, { topic: null }, { offset: "1" }, { partition: 0.5 }, { timestamp: null }]) {
    assert.equal(readReplay(record(JSON.stringify({ ...usual, ...wrong }))).kind, "foreign", JSON.stringify(wrong));
  }
  fc.assert(fc.property(fc.string(), (text) => void readReplay(record(text))));
});
