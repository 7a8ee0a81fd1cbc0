import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bodyTime, renderBody } from "../../../src/model/body.ts";
import type { Data, Value } from "../../../src/model/data.ts";
import type { BridgeEvent } from "../../../src/model/event.ts";
import type { Field, FieldType, RecordShape } from "../../../src/model/record-shape.ts";

function field(name: string, type: FieldType): Field {
  return { name, type, nullable: true, secret: false, role: "plain" };
}

const decimal: FieldType = { kind: "decimal", precision: 18, scale: 6 };
const shape: RecordShape = {
  record: "ClientsUpdate",
  sparse: true,
  fields: [
    field("id", { kind: "long" }),
    field("name", { kind: "string" }),
    field("credit", decimal),
    field("tags", { kind: "list", items: { kind: "string" } }),
    field("fees", { kind: "list", items: { kind: "record", fields: [field("rate", decimal)] } }),
    field("custom_fields", { kind: "map", values: { kind: "string" }, nullableValues: true }),
    field("extra", { kind: "map", values: { kind: "string" }, nullableValues: false }),
  ],
};

function event(data: Data, more: Partial<BridgeEvent> = {}): BridgeEvent {
  return {
    id: "clients.update",
    type: "clients.update",
    ceId: "e-1",
    source: undefined,
    time: "2026-01-01T00:00:00+00:00",
    objectId: "12",
    traceparent: undefined,
    shape,
    data,
    ...more,
  };
}

test("the documented sample is written byte for byte", () => {
  assert.equal(
    renderBody(event({ id: 12, name: "My changed name" }), "string"),
    '{"event":{"dt":"2026-01-01T00:00:00+00:00","events_id":"clients.update","object_id":12},"data":{"id":12,"name":"My changed name"}}',
  );
});

test("an event without data has an empty object as data", () => {
  assert.match(renderBody(event({}), "string"), /"data":\{\}\}$/);
});

test("the object id is a number when safe, text beyond, null before a create, and kept as text when it is no integer", () => {
  const objectIdOf = (objectId: string | null) =>
    /"object_id":(.*?)\},"data"/.exec(renderBody(event({}, { objectId }), "string"))?.[1];
  assert.equal(objectIdOf("9007199254740991"), "9007199254740991");
  assert.equal(objectIdOf("9007199254740993"), '"9007199254740993"');
  assert.equal(objectIdOf("-7"), "-7");
  assert.equal(objectIdOf(null), "null");
  assert.equal(objectIdOf("007"), '"007"');
  assert.equal(objectIdOf('a"b'), '"a\\"b"');
});

test("a time is written as the product writes it: no fraction, numeric offset", () => {
  assert.equal(bodyTime("2026-01-01T00:00:00+00:00"), "2026-01-01T00:00:00+00:00");
  assert.equal(bodyTime("2026-01-01T00:00:00.123456789Z"), "2026-01-01T00:00:00+00:00");
  assert.equal(bodyTime("2026-03-04T05:06:07.5+0530"), "2026-03-04T05:06:07+05:30");
  assert.equal(bodyTime("yesterday"), "yesterday");
  assert.equal(bodyTime("2026-01-01T00:00:00"), "2026-01-01T00:00:00", "without an offset nothing may be made up");
});

test("decimals are strings, or numbers with exactly their digits", () => {
  const data = { credit: "12345678901.123456", fees: [{ rate: "-0.3" }] };
  assert.match(
    renderBody(event(data), "string"),
    /"data":\{"credit":"12345678901.123456","fees":\[\{"rate":"-0.3"\}\]\}/,
  );
  assert.match(renderBody(event(data), "json"), /"data":\{"credit":12345678901.123456,"fees":\[\{"rate":-0.3\}\]\}/);
});

test("only decimals become numbers: text that looks like one stays text", () => {
  const data = { name: "10.5", custom_fields: { a: "1" }, extra: { vat: "20" } };
  assert.match(renderBody(event(data), "json"), /"name":"10.5","custom_fields":\{"a":"1"\},"extra":\{"vat":"20"\}/);
});

test("integers beyond 2^53-1 are strings in either number form", () => {
  for (const form of ["string", "json"] as const) {
    assert.match(renderBody(event({ id: 9007199254740993n }), form), /"id":"9007199254740993"/);
    assert.match(renderBody(event({ id: 5n }), form), /"id":5\}/);
  }
});

test("absent stays absent and null stays null", () => {
  assert.match(renderBody(event({ id: 1, name: null }), "string"), /"data":\{"id":1,"name":null\}/);
});

test("a field the shape does not know is not lost", () => {
  assert.match(
    renderBody(event({ id: 1, vendor: { deep: ["x", null, true] } }), "string"),
    /"vendor":\{"deep":\["x",null,true\]\}/,
  );
});

const text = fc.string({ unit: "binary" });
const anyData: fc.Arbitrary<Data> = fc.record(
  {
    id: fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n })),
    name: fc.option(text),
    tags: fc.array(text),
    custom_fields: fc.dictionary(text, fc.option(text)),
    extra: fc.dictionary(text, text),
  },
  { requiredKeys: [] },
);

test("property: the body is JSON that reads back as the data, whatever the texts hold", () => {
  const asJson = (value: Value): unknown =>
    JSON.parse(JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? item.toString() : item)));
  fc.assert(
    fc.property(anyData, text, (data, time) => {
      const body = JSON.parse(renderBody(event(data, { time }), "string")) as { event: { dt: string }; data: unknown };
      assert.deepEqual(body.data, asJson(data));
      if (bodyTime(time) === time) assert.equal(body.event.dt, time);
    }),
  );
});

test("property: a decimal as a JSON number keeps every digit", () => {
  const decimals = fc
    .tuple(fc.boolean(), fc.bigInt({ min: 1n, max: 10n ** 17n }), fc.integer({ min: 1, max: 999_999 }))
    .map(([minus, whole, part]) => `${minus ? "-" : ""}${whole}.${String(part).padStart(6, "0")}`.replace(/0+$/, ""));
  fc.assert(
    fc.property(decimals, (credit) => {
      assert.ok(renderBody(event({ credit }), "json").endsWith(`"data":{"credit":${credit}}}`));
    }),
  );
});
