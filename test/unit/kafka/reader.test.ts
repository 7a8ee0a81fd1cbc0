import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { type Codec, createCodec } from "../../../src/kafka/codec/codec.ts";
import { frame } from "../../../src/kafka/codec/wire.ts";
import { createReader } from "../../../src/kafka/records/reader.ts";
import type { CodecLookup } from "../../../src/kafka/registry/registry.ts";
import { schemaOfEvent } from "../../../src/kafka/registry/schemas.ts";
import { eventCatalogue } from "../../../src/model/event-catalogue.ts";
import type { InboundRecord } from "../../../src/model/record.ts";

const codecs = new Map<string, Codec>(
  eventCatalogue.map((type, at) => [type.record, createCodec(at + 1, schemaOfEvent(type).text)]),
);
const vendor = createCodec(90, '{"type":"record","name":"Vendor","fields":[{"name":"id","type":"long"}]}');
const byId = new Map<number, CodecLookup>(
  [...codecs.values(), vendor].map((codec) => [codec.schemaId, { kind: "codec", codec }]),
);
byId.set(91, { kind: "away", detail: "no answer" });
byId.set(92, { kind: "unusable", detail: "it is not Avro" });

const registry = {
  cached: () => undefined,
  codecById: (id: number): Promise<CodecLookup> => Promise.resolve(byId.get(id) ?? { kind: "unknown" }),
};
const reader = createReader({ registry });

function codecOf(record: string): Codec {
  const codec = codecs.get(record);
  assert.ok(codec);
  return codec;
}

function inbound(type: string | undefined, value: Buffer | null, headers: Record<string, string> = {}): InboundRecord {
  return {
    topic: "t",
    partition: 0,
    offset: 0,
    timestampMs: Date.UTC(2026, 0, 2),
    key: null,
    value,
    headers: { ...(type === undefined ? {} : { ce_type: Buffer.from(type) }), ...headers },
  };
}

const deleted = codecOf("ClientsDelete").encode({ id: 12 });

suite("the headers alone admit a record", () => {
  test("with a ce_type, by its canonical id", () => {
    assert.deepEqual(reader.admit(inbound("clients.subscriptions.close", deleted)), {
      kind: "admitted",
      eventId: "clients.packages.close",
      type: "clients.subscriptions.close",
    });
  });
  test("with an id nobody knows, as it is", () => {
    assert.deepEqual(reader.admit(inbound("vendor.thing", Buffer.alloc(0))), {
      kind: "admitted",
      eventId: "vendor.thing",
      type: "vendor.thing",
    });
  });
  test("but not without ce_type, nor with an empty one", () => {
    for (const type of [undefined, ""]) {
      const admission = reader.admit(inbound(type, deleted));
      assert.equal(admission.kind === "poison" && admission.reason, "missing-header");
    }
  });
  test("and a record without value is a tombstone, whatever its headers", () => {
    assert.deepEqual(reader.admit(inbound(undefined, null)), { kind: "tombstone" });
  });
});

suite("what cannot be read is poison, with the reason", () => {
  const rows: readonly (readonly [string, string, Buffer | null, string])[] = [
    ["no value", "clients.delete", null, "not-wire-format"],
    ["three bytes", "clients.delete", Buffer.alloc(3), "not-wire-format"],
    ["JSON", "clients.delete", Buffer.from('{"id":1}'), "not-wire-format"],
    ["an unknown schema id", "clients.delete", frame(999, Buffer.from([2])), "unknown-schema"],
    ["a schema that is not Avro", "clients.delete", frame(92, Buffer.from([2])), "undecodable"],
    ["a record that is cut off", "clients.delete", deleted.subarray(0, 6), "undecodable"],
    ["another event's record", "clients.archive", deleted, "type-mismatch"],
    ["a known id with a vendor's record", "clients.delete", vendor.encode({ id: 1 }), "type-mismatch"],
    ["a vendor's id with a known record", "vendor.thing", deleted, "type-mismatch"],
  ];
  for (const [what, type, value, reason] of rows) {
    test(what, async () => {
      const reading = await reader.read(inbound(type, value));
      assert.equal(reading.kind === "poison" && reading.reason, reason);
    });
  }
});

test("while the registry does not answer, nothing is said about a record", async () => {
  assert.deepEqual(await reader.read(inbound("clients.delete", frame(91, Buffer.from([2])))), {
    kind: "registry-away",
    detail: "no answer",
  });
});

test("a record becomes an event, with what its headers and its data say", async () => {
  const headers = {
    ce_id: '"e1"',
    ce_source: "core",
    ce_time: "2026-01-01T00:00:00.123456789Z",
    ce_subject: "12",
    traceparent: "00-1",
  };
  const reading = await reader.read(inbound("clients.delete", deleted, headers));
  assert.ok(reading.kind === "event");
  const { shape, ...event } = reading.event;
  assert.equal(shape.record, "ClientsDelete");
  assert.deepEqual(event, {
    id: "clients.delete",
    type: "clients.delete",
    ceId: "e1",
    source: "core",
    time: "2026-01-01T00:00:00.123456789Z",
    objectId: "12",
    traceparent: "00-1",
    data: { id: 12 },
  });
  assert.deepEqual(reading.recode({ id: 13 }).data, { id: 13 });
});

test("an alias is the event it stands for, and is kept as it came", async () => {
  const value = codecOf("ClientsCustomFieldsUpdate").encode({ id: 1, custom_fields: { a: null } });
  const reading = await reader.read(inbound("clients.custom_fields_update", value));
  assert.ok(reading.kind === "event");
  assert.deepEqual(
    [reading.event.id, reading.event.type],
    ["clients.custom_fields.update", "clients.custom_fields_update"],
  );
});

test("a vendor's event with a vendor's record passes", async () => {
  const reading = await reader.read(inbound("vendor.thing", vendor.encode({ id: 2n ** 60n })));
  assert.ok(reading.kind === "event");
  assert.deepEqual([reading.event.id, reading.event.objectId], ["vendor.thing", "1152921504606846976"]);
});

suite("without ce_subject the object id is found in the data", () => {
  const money = { balance: "0", credit: "0", available: "0" };
  const rows: readonly (readonly [string, string, Buffer, string | null])[] = [
    ["id", "clients.delete", deleted, "12"],
    ["no id before a create", "clients.create", codecOf("ClientsCreate").encode({ name: "Acme" }), null],
    [
      "the client of a balance",
      "clients.balance_zero",
      codecOf("ClientsBalanceZero").encode({ clients_id: 5, ...money }),
      "5",
    ],
    ["the import", "importd.process_failed", codecOf("ImportdProcessFailed").encode({ id: 8 }), "8"],
    [
      "the account, not its client",
      "clients.accounts.delete",
      codecOf("ClientsAccountsDelete").encode({ id: 3, clients_id: 4 }),
      "3",
    ],
  ];
  for (const [what, type, value, expected] of rows) {
    test(what, async () => {
      const reading = await reader.read(inbound(type, value));
      assert.equal(reading.kind === "event" ? reading.event.objectId : reading.kind, expected);
    });
  }
});

test("without ce_time the record's timestamp counts, even one that is no time", async () => {
  const timeAt = async (timestampMs: number) => {
    const reading = await reader.read({ ...inbound("clients.delete", deleted), timestampMs });
    return reading.kind === "event" ? reading.event.time : reading.kind;
  };
  assert.equal(await timeAt(Date.UTC(2026, 0, 2)), "2026-01-02T00:00:00.000Z");
  assert.equal(await timeAt(-1), "1969-12-31T23:59:59.999Z");
  assert.equal(await timeAt(Number.NaN), "1970-01-01T00:00:00.000Z");
  assert.equal(await timeAt(2 ** 62), "1970-01-01T00:00:00.000Z");
});

test("a schema that was used before is not asked for again", async () => {
  const cached = codecOf("ClientsDelete");
  const alone = createReader({
    registry: { cached: () => cached, codecById: () => assert.fail("asked") },
  });
  assert.equal((await alone.read(inbound("clients.delete", deleted))).kind, "event");
});

test("whatever a record holds, reading it neither throws nor rejects", async () => {
  const types = eventCatalogue.map(({ id }) => id);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...types, ""),
      fc.nat(92),
      fc.uint8Array({ maxLength: 60 }),
      async (type, id, payload) => {
        const record = inbound(type, frame(id, Buffer.from(payload)));
        reader.admit(record);
        assert.ok(["event", "poison", "registry-away"].includes((await reader.read(record)).kind));
      },
    ),
    { numRuns: 1000 },
  );
});
