import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { BridgeError } from "../../../src/errors.ts";
import { createAvroRecord } from "../../../src/kafka/codec/avro-record.ts";
import { type Codec, createCodec } from "../../../src/kafka/codec/codec.ts";
import { frame } from "../../../src/kafka/codec/wire.ts";
import { deadLetterSchema, schemaOfEvent, verdictSchema } from "../../../src/kafka/registry/schemas.ts";
import type { Data } from "../../../src/model/data.ts";
import { eventCatalogue } from "../../../src/model/event-catalogue.ts";
import { canonicalData } from "../../support/event-data.ts";

const codecs: readonly Codec[] = eventCatalogue.map((type) => createCodec(7, schemaOfEvent(type).text));
const anyCodec = fc.constantFrom(...codecs);

/** The decoded data, or undefined when the bytes are refused as they must be; anything else fails the test. */
function decoded(codec: { decode(value: Buffer): unknown }, value: Buffer): unknown {
  try {
    return codec.decode(value);
  } catch (error) {
    assert.ok(error instanceof BridgeError && error.code === "RECORD_UNDECODABLE", String(error));
    return undefined;
  }
}

const codecOfFields = (...fields: readonly object[]) =>
  createCodec(7, JSON.stringify({ type: "record", name: "Vendor", fields: [...fields] }));
const bytes = (...parts: readonly (number | string | Buffer)[]) =>
  frame(7, Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.from([part]) : Buffer.from(part)))));
/** Avro's zig-zag varint. */
function long(value: bigint): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest >= 128n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Buffer.from([...out, Number(rest)]);
}
const list = { name: "list", type: { type: "array", items: "string" } };

test("random bytes are decoded or refused, by every codec, and never anything else", () => {
  const records = [createAvroRecord(7, verdictSchema.text), createAvroRecord(7, deadLetterSchema.text)];
  fc.assert(
    fc.property(fc.constantFrom(...codecs, ...records), fc.uint8Array({ maxLength: 200 }), (codec, payload) => {
      decoded(codec, frame(7, Buffer.from(payload)));
    }),
    { numRuns: 2000 },
  );
});

test("a record with some bytes changed is decoded or refused, and what is decoded can be written again", () => {
  const change = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  const cases = anyCodec.chain((codec) => fc.tuple(fc.constant(codec), canonicalData(codec.shape), change));
  fc.assert(
    fc.property(cases, ([codec, data, changes]) => {
      const value = codec.encode(data);
      for (const [at, byte] of changes) value[5 + (at % (value.length - 5))] = byte;
      const read = decoded(codec, value);
      if (read === undefined) return;
      try {
        assert.deepEqual(codec.recode(read as Data).data, read);
      } catch (error) {
        // A word that oneOf does not list is read, and then cannot be written.
        assert.ok(error instanceof BridgeError && error.code === "DATA_INVALID", String(error));
      }
    }),
    { numRuns: 300 },
  );
});

test("a record that is cut off anywhere, or longer than its schema says, is refused", () => {
  const cases = anyCodec.chain((codec) => fc.tuple(fc.constant(codec), canonicalData(codec.shape)));
  fc.assert(
    fc.property(cases, fc.nat(), ([codec, data], at) => {
      const value = codec.encode(data);
      assert.equal(decoded(codec, value.subarray(0, at % value.length)), undefined);
      assert.equal(decoded(codec, Buffer.concat([value, Buffer.from([0])])), undefined);
    }),
    { numRuns: 300 },
  );
});

suite("claims of the bytes are held against their size, at once", () => {
  const nested = {
    name: "list",
    type: { type: "array", items: { type: "array", items: { type: "record", name: "E", fields: [] } } },
  };
  const half = Array.from({ length: 20_000 }, () => Buffer.concat([long(20_000n), long(0n)]));
  const rows: readonly (readonly [string, Codec, Buffer])[] = [
    ["a list of 2^40 items", codecOfFields(list), bytes(long(2n ** 40n), 0)],
    ["a list of 2^63-1 items", codecOfFields(list), bytes(long(2n ** 63n - 1n), 0)],
    ["a list of -2^63 items", codecOfFields(list), bytes(long(-(2n ** 63n)), 0, 0)],
    ["lists of items that take no bytes", codecOfFields(nested), bytes(long(20_000n), ...half, 0)],
    [
      "a map of 2^40 entries",
      codecOfFields({ name: "m", type: { type: "map", values: "string" } }),
      bytes(long(2n ** 40n), 0),
    ],
    ["a string of 2^50 bytes", codecOfFields({ name: "s", type: "string" }), bytes(long(2n ** 50n), "x")],
    ["a string of negative length", codecOfFields({ name: "s", type: "string" }), bytes(long(-1n), "x")],
    ["an integer of endless bytes", codecOfFields({ name: "n", type: "long" }), bytes(Buffer.alloc(100_000, 0x80))],
    ["an integer of 65 bits", codecOfFields({ name: "n", type: "long" }), bytes(Buffer.alloc(9, 0xff), 2)],
    ["an int of 33 bits", codecOfFields({ name: "n", type: "int" }), bytes(long(2n ** 31n))],
    ["a branch that is none", codecOfFields({ name: "u", type: ["null", "string"] }), bytes(long(2n))],
    [
      "a symbol that is none",
      codecOfFields({ name: "e", type: { type: "enum", name: "S", symbols: ["A"] } }),
      bytes(long(-1n)),
    ],
    ["a boolean of 2", codecOfFields({ name: "b", type: "boolean" }), bytes(2)],
    ["a string that is no UTF-8", codecOfFields({ name: "s", type: "string" }), bytes(long(1n), 0xff)],
    [
      "a map key named __proto__",
      codecOfFields({ name: "m", type: { type: "map", values: "string" } }),
      bytes(long(1n), long(9n), "__proto__", long(0n), 0),
    ],
    [
      "a decimal past its precision",
      codecOfFields({ name: "d", type: { type: "bytes", logicalType: "decimal", precision: 2, scale: 0 } }),
      bytes(long(1n), 100),
    ],
    [
      "a decimal of a million bytes",
      codecOfFields({ name: "d", type: { type: "bytes", logicalType: "decimal", precision: 2, scale: 0 } }),
      bytes(long(1_000_000n), Buffer.alloc(1_000_000, 1)),
    ],
  ];
  for (const [what, codec, value] of rows) {
    test(what, () => {
      const startMs = performance.now();
      assert.equal(decoded(codec, value), undefined);
      assert.ok(performance.now() - startMs < 500);
    });
  }
});

test("lists in several blocks, with and without the size of the block, are read whole", () => {
  const value = bytes(long(1n), long(1n), "a", long(-2n), long(4n), long(1n), "b", long(1n), "c", 0);
  assert.deepEqual(codecOfFields(list).decode(value), { list: ["a", "b", "c"] });
});

test("a replacement character that was written as one is text like any other", () => {
  const codec = codecOfFields({ name: "s", type: "string" });
  assert.deepEqual(codec.decode(codec.encode({ s: "\uFFFD" })), { s: "\uFFFD" });
});

suite("sparse records that contradict themselves are refused", () => {
  const codec = codecOfFields(
    { name: "id", type: "long" },
    { name: "changed_fields", type: { type: "array", items: "string" } },
    { name: "name", type: ["null", "string"], default: null },
  );
  const rows: readonly (readonly [string, Buffer, unknown])[] = [
    ["a change that is not listed", bytes(long(1n), 0, long(1n), long(1n), "x"), undefined],
    ["a listed field that the schema does not have", bytes(long(1n), long(1n), long(3n), "nam", 0, 0), undefined],
    ["a list that names the id is none of them", bytes(long(1n), long(1n), long(2n), "id", 0, 0), { id: 1 }],
    ["nothing changed is none of them", bytes(long(1n), 0, 0), { id: 1 }],
  ];
  for (const [what, value, expected] of rows) {
    test(what, () => assert.deepEqual(decoded(codec, value), expected));
  }
});

suite("values that are not of the codec's schema are refused", () => {
  const codec = codecOfFields({ name: "id", type: "long" });
  test("another schema id", () => assert.equal(decoded(codec, frame(8, long(1n))), undefined));
  test("another magic byte", () => assert.equal(decoded(codec, Buffer.from([1, 0, 0, 0, 7, 2])), undefined));
  test("no bytes", () => assert.equal(decoded(codec, Buffer.alloc(0)), undefined));
  test("three bytes", () => assert.equal(decoded(codec, Buffer.alloc(3)), undefined));
});

suite("schemas that cannot hold an event's data are refused, with the field and the reason", () => {
  const rows: readonly (readonly [string, object | string, RegExp])[] = [
    ["a float", { name: "f", type: "double" }, /field f: .* double/],
    ["plain bytes", { name: "b", type: "bytes" }, /field b: .* bytes/],
    ["a union of two types", { name: "u", type: ["null", "string", "long"] }, /field u: .* union/],
    ["a record that holds itself", { name: "r", type: ["null", "Vendor"] }, /field r: .* holds itself/],
    ["a field named __proto__", { name: "__proto__", type: "long" }, /__proto__/],
    ["a bound that is no number", { name: "n", type: "int", minimum: "few" }, /field n: minimum/],
    ["an undefined type", { name: "x", type: "Nothing" }, /Nothing/],
  ];
  for (const [what, field, reason] of rows) {
    test(what, () => {
      assert.throws(
        () => codecOfFields(field as object),
        (error) => error instanceof BridgeError && error.code === "RECORD_UNDECODABLE" && reason.test(error.message),
      );
    });
  }
  test("no record", () => assert.throws(() => createCodec(7, '"string"'), /not a record/));
  test("no JSON", () => assert.throws(() => createCodec(7, "record"), { code: "RECORD_UNDECODABLE" }));
});

test("a small schema whose records use one another a thousand million times is refused at once", () => {
  const level = (depth: number): object | string => {
    if (depth === 0) return "int";
    const name = `Level${depth}`;
    const rest = Array.from({ length: 9 }, (_, at) => ({
      name: `again${at}`,
      type: depth === 1 ? "int" : `Level${depth - 1}`,
    }));
    return { type: "record", name, fields: [{ name: "first", type: level(depth - 1) }, ...rest] };
  };
  const refused = { code: "RECORD_UNDECODABLE", message: /more than 10000 fields/ };
  assert.throws(() => codecOfFields({ name: "top", type: level(9) }), refused);
  assert.doesNotThrow(() => codecOfFields({ name: "top", type: level(3) }));
});

test("a vendor's schema may use enums, fixed decimals, named types, other namespaces and null last", () => {
  const codec = codecOfFields(
    { name: "id", type: { type: "long", logicalType: "timestamp-millis" } },
    { name: "kind", type: { type: "enum", name: "com.vendor.Kind", symbols: ["A", "B"] } },
    { name: "again", type: ["com.vendor.Kind", "null"] },
    { name: "price", type: { type: "fixed", name: "Price", size: 4, logicalType: "decimal", precision: 9, scale: 2 } },
  );
  const data = { id: 2n ** 60n, kind: "B", again: null, price: "-12.34" };
  assert.deepEqual(codec.decode(codec.encode(data)), data);
  assert.deepEqual(codec.decode(codec.encode({ ...data, again: "A" })), { ...data, again: "A" });
  assert.throws(() => codec.encode({ ...data, kind: "C" }), /kind: must be one of A, B/);
});
