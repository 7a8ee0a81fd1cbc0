import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ParkedEntry } from "../../../src/after/ports.ts";
import { BridgeError } from "../../../src/errors.ts";
import { createAvroRecord } from "../../../src/kafka/codec/avro-record.ts";
import type { LogReader } from "../../../src/kafka/consume/log-reader.ts";
import { type NewEntry, openParkedWriter, readParked } from "../../../src/kafka/records/parked-codec.ts";
import { createParkedLog, type OpenParkedLog } from "../../../src/kafka/records/parked-log.ts";
import type { Registry } from "../../../src/kafka/registry/registry.ts";
import { parkedSchema } from "../../../src/kafka/registry/schemas.ts";
import { readNote, writeNote } from "../../../src/model/commit-note.ts";
import type { InboundRecord, OutboundRecord } from "../../../src/model/record.ts";

const schema = createAvroRecord(3, parkedSchema.text);
const registry: Pick<Registry, "recordBySchema" | "recordById"> = {
  recordBySchema: () => Promise.resolve(schema),
  recordById: (id) => Promise.resolve(id === 3 ? { kind: "record", record: schema } : { kind: "unknown" }),
};
const source = { topic: "billing.clients", partition: 2 };

function fact(offset: number, key: Buffer | null = Buffer.from("7")): InboundRecord {
  const headers = { ce_type: Buffer.from("clients.update"), twice: [Buffer.from("1"), Buffer.from("2")] };
  return { ...source, offset, timestampMs: 1_767_225_600_000, key, value: Buffer.from([0, 1, 255]), headers };
}

/** A parked topic of one partition behind a producer and a reader. */
async function parkedLog(): Promise<{ log: OpenParkedLog; written: OutboundRecord[]; readers: { closed: number } }> {
  const written: OutboundRecord[] = [];
  const readers = { closed: 0 };
  const writer = await openParkedWriter(registry, "billing.parked");
  const log = createParkedLog({
    producer: {
      send: (record) => Promise.resolve({ partition: record.partition ?? 0, offset: written.push(record) - 1 }),
    },
    topic: "billing.parked",
    encode: (owner, entry, atMs) => writer.encode(owner, entry, atMs),
    decode: (value) => readParked(registry, value),
    openReader: () => {
      const reader: Pick<LogReader, "read" | "close"> = {
        async *read({ from, until }) {
          await Promise.resolve();
          if (from > 100) throw new BridgeError("BROKER_UNAVAILABLE", "away");
          yield written
            .map(({ key, topic, value }, offset) => ({
              topic,
              partition: 0,
              offset,
              timestampMs: 0,
              key: key as Buffer,
              value,
              headers: {},
            }))
            .slice(from, until);
        },
        close: () => {
          readers.closed++;
          return Promise.resolve();
        },
      };
      return Promise.resolve(reader);
    },
    lost: () => undefined,
    clock: { epochMs: () => 0 },
  });
  return { log, written, readers };
}

test("whatever an owner writes of a park is read back as it was", async () => {
  const writer = await openParkedWriter(registry, "billing.parked");
  const epoch = fc.nat(2 ** 40);
  const key = fc.option(fc.string({ unit: "binary" }).map((text) => Buffer.from(text).toString("latin1")));
  const entries: fc.Arbitrary<NewEntry> = fc.oneof(
    fc.record({ kind: fc.constant("opened" as const), follows: fc.option(epoch) }),
    fc
      .record({
        kind: fc.constant("settled" as const),
        epoch,
        key,
        alone: fc.option(epoch),
        ended: fc.array(epoch),
        left: fc.integer({ min: -1, max: 9 }),
      })
      .map(({ alone, ...told }) => ({ ...told, laneId: alone ?? told.key })),
    fc.record({
      kind: fc.constant("record" as const),
      epoch,
      stay: fc.nat(),
      alone: fc.boolean(),
      record: epoch.map((at) => fact(at)),
    }),
  );
  await fc.assert(
    fc.asyncProperty(entries, async (entry) => {
      const value = writer.encode({ group: "switch", source }, entry, 0);
      const reading = await readParked(registry, value);
      assert.ok(reading.kind === "entry");
      assert.deepEqual(reading.owner, { group: "switch", source });
      // Headers come without a prototype.
      assert.deepEqual(structuredClone(reading.entry), structuredClone(entry));
    }),
  );
});

test("an owner writes where its park is, and reads only its own group and partition", async () => {
  const { log, written } = await parkedLog();
  const place = await log.open("switch", source, null);
  assert.deepEqual(place, { partition: 0, epoch: 0 });
  assert.equal(await log.write("switch", place, fact(5), 1, false), 1);
  await log.write("crm", place, fact(5), 1, false);
  await log.write("switch", place, { ...fact(5), partition: 1 }, 1, true);
  await log.write("switch", place, fact(6, null), 1, true);
  await log.settle("switch", place, source, { laneId: "7", key: "7", ended: [5], left: -1 });
  assert.deepEqual(
    written.map(({ key }) => key?.toString()),
    ["switch/billing.clients/2", "switch/7", "crm/7", "switch/7", "switch/", "switch/7"],
  );
  const taken: ParkedEntry[] = [];
  await log.read("switch", source, { partition: 0, from: 0, until: 6 }, (entry) => taken.push(entry));
  assert.deepEqual(
    taken.map(({ at, kind }) => [at, kind]),
    [
      [0, "opened"],
      [1, "record"],
      [4, "record"],
      [5, "settled"],
    ],
  );
});

test("a reader that failed is replaced by the next reading", async () => {
  const { log, readers } = await parkedLog();
  const range = { partition: 0, from: 101, until: 102 };
  await assert.rejects(
    log.read("switch", source, range, () => assert.fail("taken")),
    { code: "BROKER_UNAVAILABLE" },
  );
  assert.equal(readers.closed, 1);
  await log.read("switch", source, { partition: 0, from: 0, until: 1 }, () => undefined);
  await log.close();
  assert.equal(readers.closed, 2);
});

test("a commit's note keeps the settled map and the park apart, and takes nothing else for a park", () => {
  const park = { partition: 3, from: 9_007_199_254_740_991, epoch: 12 };
  for (const settled of [null, "s1.AAUB"]) {
    assert.deepEqual(readNote(writeNote({ settled, park })), { settled, park });
    assert.deepEqual(readNote(writeNote({ settled, park: null })), { settled, park: null });
  }
  for (const text of ["", "somebody else's", "s1.AA;p1.1.2", "s1.AA;p1.1.2.x"]) {
    assert.deepEqual(readNote(text).park, null);
  }
});
