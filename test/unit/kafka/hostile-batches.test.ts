import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { inboundRecords } from "../../../src/kafka/consume/inbound.ts";
import type { FetchedMessage } from "../../../src/kafka/protocol/fetched-record.ts";
import { unreadableHeader } from "../../../src/kafka/protocol/unreadable-header.ts";
import { readFetched, readPartitions } from "../../support/fetched.ts";
import { bodyOf, plainRecord, rawBatch, recordOf, varint } from "../../support/raw-batch.ts";

/**
 * Compressed batches that a producer may write and a broker takes: it walks the fields of what is compressed, and does not look
 * at what a record says of its own length. None ends a fetch, or takes an offset that is another's.
 */

const [gzip, zstd] = [1, 4];

function packed(body: Buffer, count: number, firstOffset = 0): Buffer {
  return rawBatch({ records: [], body: gzipSync(body), count, attributes: gzip, firstOffset });
}

const behind = (firstOffset: number): Buffer => rawBatch({ records: [plainRecord(0, "behind")], firstOffset });

function whyUnreadable({ headers }: FetchedMessage): string | null {
  const why = headers[unreadableHeader];
  return Buffer.isBuffer(why) ? why.toString() : null;
}

const shown = (messages: readonly FetchedMessage[]): readonly (string | null)[][] =>
  messages.map((message) => [message.offset, whyUnreadable(message) ?? message.key?.toString() ?? null]);

const impossible = "a record has an impossible length: what follows it in its batch cannot be read";

for (const [what, length] of [
  ["zero", varint(0)],
  ["negative", varint(-5)],
  ["past the end", varint(100_000)],
  ["of six bytes", Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff, 0x01)],
] as const) {
  test(`from a record with a length that is ${what} on, a compressed batch is one record that cannot be read`, async () => {
    const body = Buffer.concat([
      bodyOf([plainRecord(0, "good")]),
      length,
      plainRecord(1, "odd"),
      plainRecord(2, "lost"),
    ]);
    assert.deepEqual(shown(await readFetched(Buffer.concat([packed(body, 3, 10), behind(13)]))), [
      ["10", "good"],
      ["12", impossible],
      ["13", "behind"],
    ]);
  });
}

test("a record whose length is too short cannot make another one of an offset that is not its batch's", async () => {
  const forged = plainRecord(1_000_000, "forged");
  const odd = recordOf(plainRecord(0, "x"), varint(forged.length), forged);
  const body = Buffer.concat([varint(plainRecord(0, "x").length), odd]);
  const messages = await readFetched(Buffer.concat([packed(body, 2, 10), behind(12)]));
  assert.deepEqual(
    messages.map(({ offset }) => offset),
    ["10", "11", "12"],
  );
});

test("a record that is longer than what it holds cannot be read", async () => {
  const body = bodyOf([recordOf(plainRecord(0, "long"), "and more"), plainRecord(1, "next")]);
  assert.deepEqual(shown(await readFetched(packed(body, 2))), [
    ["0", "a record is longer than what it holds"],
    ["1", "next"],
  ]);
});

test("a plain record's claim is bounded beside a compressed batch as well", async () => {
  const claims = rawBatch({ records: [plainRecord(1_000_000, "far")] });
  const messages = await readFetched(Buffer.concat([claims, packed(bodyOf([plainRecord(0, "near")]), 1, 1)]));
  assert.deepEqual(shown(messages), [
    ["0", "far"],
    ["1", "near"],
  ]);
});

test("millions of headers in some kilobytes are one record that cannot be read, and only a part of it is kept", async () => {
  const count = 5_000_000;
  const head = recordOf(Buffer.of(0), varint(0), varint(0), varint(1), "k", varint(-1), varint(count));
  const body = bodyOf([Buffer.concat([head, Buffer.alloc(2 * count)]), plainRecord(1, "next")]);
  const batch = packed(body, 2);
  assert.ok(batch.length < 64 * 1024);
  const messages = await readFetched(batch);
  assert.deepEqual(shown(messages), [
    ["0", `a record has ${count} headers`],
    ["1", "next"],
  ]);
  assert.ok((messages[0]?.value?.length ?? Infinity) <= 512 * 1024);
});

test("a batch of more records than any library writes is one record that cannot be read, at its last offset", async () => {
  const count = 100_001;
  const body = Buffer.alloc(8 * count);
  assert.deepEqual(shown(await readFetched(Buffer.concat([packed(body, count), behind(count)]))), [
    [String(count - 1), `a batch of ${count} records, more than 100000`],
    [String(count), "behind"],
  ]);
});

test("a compression that is unknown, and bytes that are none, are one record that cannot be read", async () => {
  const unknown = rawBatch({ records: [], body: Buffer.from("?"), count: 2, attributes: 5 });
  const broken = rawBatch({ records: [], body: Buffer.from("?"), count: 2, attributes: gzip, firstOffset: 2 });
  const messages = await readFetched(Buffer.concat([unknown, broken, behind(4)]));
  assert.deepEqual(
    messages.map(({ offset }) => offset),
    ["1", "3", "4"],
  );
  assert.match(whyUnreadable(messages[0] ?? assert.fail()) ?? "", /unknown compression 5/);
  assert.match(whyUnreadable(messages[1] ?? assert.fail()) ?? "", /cannot be read as gzip/);
});

test("broken batches in a row, and records in a row that cannot be read, each leave their word", async () => {
  const broken = (firstOffset: number): Buffer =>
    rawBatch({ records: [], body: Buffer.from("?"), count: 2, attributes: gzip, firstOffset });
  const odd = rawBatch({ records: [Buffer.of(0, 1), Buffer.of(0, 1)], firstOffset: 4 });
  const messages = await readFetched(Buffer.concat([broken(0), broken(2), odd]));
  const records = inboundRecords({ topic: "t", partition: 0 }, messages as never);
  assert.deepEqual(
    records.map(({ offset }) => offset),
    [1, 3, 4, 5],
  );
});

test("a compressed batch of which compaction left no record is passed over", async () => {
  const empty = rawBatch({ records: [], body: Buffer.alloc(0), count: 0, lastDelta: 4, attributes: gzip });
  const [passed, ...others] = await readFetched(Buffer.concat([empty, behind(5)]));
  assert.deepEqual(shown(others), [["5", "behind"]]);
  // Or the same batch would be fetched for ever where nothing stands behind it.
  assert.partialDeepStrictEqual(passed, { offset: "4", isControlRecord: true, value: null });
});

test("what compaction took from the end of a batch is passed over, plain or compressed", async () => {
  const records = [plainRecord(0, "kept"), plainRecord(2, "kept too")];
  const plain = rawBatch({ records, lastDelta: 9 });
  const compressed = rawBatch({
    records,
    body: gzipSync(bodyOf(records)),
    lastDelta: 9,
    attributes: gzip,
    firstOffset: 10,
  });
  const messages = await readFetched(Buffer.concat([plain, compressed]));
  assert.deepEqual(
    messages.map(({ isControlRecord, offset }) => [offset, isControlRecord]),
    [
      ["0", false],
      ["2", false],
      ["9", true],
      ["10", false],
      ["12", false],
      ["19", true],
    ],
  );
});

test("a batch of an older format behind others is left for the next fetch", async () => {
  const old = Buffer.from(behind(1));
  old[16] = 1;
  assert.deepEqual(shown(await readFetched(Buffer.concat([behind(0), old]))), [["0", "behind"]]);
});

test("zstd of several frames is read whole, skippable ones too", async () => {
  const body = bodyOf([plainRecord(0, "first"), plainRecord(1, "second")]);
  const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from("abc")]);
  const frames = [skippable, zstdCompressSync(body.subarray(0, 7)), zstdCompressSync(body.subarray(7)), skippable];
  const batch = rawBatch({ records: [], body: Buffer.concat(frames), count: 2, attributes: zstd });
  assert.deepEqual(shown(await readFetched(batch)), [
    ["0", "first"],
    ["1", "second"],
  ]);
});

test("what unfolds to much is not all unfolded at once: the rest comes with the next fetches, of another partition first each time", async () => {
  const size = 9_000_000;
  const value = [varint(size), Buffer.alloc(size)];
  const big = bodyOf([recordOf(Buffer.of(0), varint(0), varint(0), varint(-1), ...value, varint(0))]);
  const records = Buffer.concat(Array.from({ length: 3 }, (_, at) => packed(big, 1, at)));
  const firsts = new Set<number>();
  for (let fetch = 0; fetch < 4; fetch++) {
    const counts = (await readPartitions(Array.from({ length: 4 }, () => ({ records })))).map(({ length }) => length);
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      2,
      "two of nine megabytes in all",
    );
    firsts.add(counts.findIndex((count) => count > 0));
  }
  assert.equal(firsts.size, 4);
});

test("whatever stands in a compressed batch, it ends no fetch, keeps to its offsets, and what is behind it is read", async () => {
  const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
  const records = fc.array(
    fc.oneof(
      bytes,
      fc.nat(9).map((at) => plainRecord(at, "key")),
    ),
    { maxLength: 6 },
  );
  const body = fc.oneof(
    bytes,
    records.map(bodyOf),
    records.map((list) => Buffer.concat(list)),
  );
  await fc.assert(
    fc.asyncProperty(body, fc.integer({ min: 1, max: 8 }), async (inner, count) => {
      const messages = await readFetched(Buffer.concat([packed(inner, count, 100), behind(100 + count)]));
      const offsets = messages.map(({ offset }) => Number(offset));
      assert.equal(offsets.at(-1), 100 + count);
      assert.equal(messages.at(-1)?.key?.toString(), "behind");
      assert.ok(
        offsets.every((offset, at) => offset >= 100 && (at === 0 || offset > (offsets[at - 1] ?? 0))),
        String(offsets),
      );
      assert.equal(offsets.at(-2), 100 + count - 1, "the batch is told to its end");
    }),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 500) },
  );
});
