import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Input } from "../../../src/kafka/protocol/input.ts";
import { unreadableHeader } from "../../../src/kafka/protocol/unreadable-header.ts";
import { readFetched as read } from "../../support/fetched.ts";
import {
  minusTwo,
  overlongFive,
  plainRecord,
  type RawBatch,
  rawBatch,
  recordOf,
  varint,
} from "../../support/raw-batch.ts";

/** What a producer may write and a broker takes, though nobody's library writes it: one such record must not stop its topic. */

function batchOf(records: readonly Buffer[], lastDelta?: number): Buffer {
  const batch: RawBatch = { records, firstOffset: 100 };
  return rawBatch(lastDelta === undefined ? batch : { ...batch, lastDelta });
}

test("what the broker drops of a length is dropped, and a negative one is none", async () => {
  const start = [Buffer.of(0), varint(0), varint(0)];
  const odd = recordOf(...start, overlongFive, "hello", minusTwo, varint(1), varint(1), "h", minusTwo);
  const [first, second] = await read(batchOf([odd, plainRecord(1, "next")]));
  assert.equal(first?.key?.toString(), "hello");
  assert.equal(first.value, null);
  assert.deepEqual(Object.keys(first.headers), []);
  assert.equal(second?.key?.toString(), "next");
});

test("a record of any bytes is one record, and those behind it are read", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
      const messages = await read(batchOf([Buffer.from(bytes), plainRecord(1, "next")]));
      assert.equal(messages.length, 2);
      assert.equal(messages[1]?.key?.toString(), "next");
      const [odd] = messages;
      if (odd !== undefined && unreadableHeader in odd.headers) assert.deepEqual(odd.value, Buffer.from(bytes));
    }),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 500) },
  );
});

test("a record that cannot be read says so, at its own offset where that can be read", async () => {
  const cut = recordOf(Buffer.of(0), varint(0), varint(7), varint(1000), "short");
  const [odd] = await read(batchOf([cut], 9));
  assert.equal(odd?.offset, "107");
  assert.equal(odd.key, null);
  assert.match(String(odd.headers[unreadableHeader]), /length/);
});

test("no record has an offset that another one has, whatever it claims; gaps that compaction left stay", async () => {
  const offsets = async (claimed: readonly number[], last?: number): Promise<readonly string[]> => {
    const messages = await read(
      batchOf(
        claimed.map((delta) => plainRecord(delta, "key")),
        last,
      ),
    );
    return messages.map(({ offset }) => offset);
  };
  assert.deepEqual(await offsets([0, 1, 2]), ["100", "101", "102"]);
  assert.deepEqual(await offsets([1_000_000, 1, -5]), ["100", "101", "102"]);
  assert.deepEqual(await offsets([2, 5, 9], 9), ["102", "105", "109"]);
  assert.deepEqual(await offsets([2, 9, 9], 9), ["102", "103", "109"]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: -3, max: 20 }), { minLength: 1, maxLength: 8 }), async (claimed) => {
      const last = claimed.length + 5;
      const found = (await offsets(claimed, last)).map(Number);
      assert.ok(found.every((offset, at) => offset > (found[at - 1] ?? 99) && offset <= 100 + last));
    }),
  );
});

test("times are read to the last bit a number has, and wrap as the broker's do", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const bytes = varint(value);
      const input = new Input(Buffer.concat([bytes, Buffer.of(99)]));
      assert.equal(input.varlong(), Number(value));
      assert.equal(input.at, bytes.length);
    }),
  );
  fc.assert(
    fc.property(fc.integer(), (value) => {
      assert.equal(new Input(varint(value)).varint(), value);
    }),
  );
  assert.throws(() => new Input(Buffer.alloc(20, 0xff)).varint(), RangeError);
  assert.throws(() => new Input(Buffer.alloc(20, 0xff)).varlong(), RangeError);
});

test("a batch of an impossible length is an error, and no endless loop", async () => {
  for (const length of [-2_000_000_000, -12, -1, 0, 3, 4, 48]) {
    const batch = batchOf([plainRecord(0, "key")]);
    batch.writeInt32BE(length, 8);
    await assert.rejects(read(batch), RangeError, String(length));
  }
});
