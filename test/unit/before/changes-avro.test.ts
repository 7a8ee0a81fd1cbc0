import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeChanges } from "../../../src/before/changes.ts";
import { createCodec } from "../../../src/kafka/codec/codec.ts";
import { schemaOfEvent } from "../../../src/kafka/registry/schemas.ts";
import type { JsonObject } from "../../../src/model/answer.ts";
import { renderData } from "../../../src/model/body.ts";
import { type Data, sameValue } from "../../../src/model/data.ts";
import { eventCatalogue } from "../../../src/model/event-catalogue.ts";
import type { FieldRule } from "../../../src/model/handler.ts";
import { readJsonText } from "../../../src/model/json.ts";
import { isNeverMutable } from "../../../src/model/may-change.ts";
import type { Field, FieldType } from "../../../src/model/record-shape.ts";

/** The pipeline over the real schemas, codec, body writer and JSON reader, for every event that can be asked about. */

function sample(type: FieldType, which: 0 | 1): Data[string] {
  switch (type.kind) {
    case "boolean":
      return which === 0;
    case "int":
      return 3 + which;
    case "long":
      return which === 0 ? 9007199254740993n : 4;
    case "string":
      return type.oneOf?.[which] ?? ["a", "b"][which] ?? "";
    case "decimal":
      return ["10.5", "9.25"][which] ?? "";
    case "list":
      return [sample(type.items, which)];
    case "map":
      return { key: sample(type.values, which) };
    case "record":
      return recordOf(type.fields, which);
  }
}

function recordOf(fields: readonly Field[], which: 0 | 1): Data {
  return Object.fromEntries(
    fields.map((field) => [
      field.name,
      field.name === "extra" ? { key: ["1", "2"][which] ?? "" } : sample(field.type, which),
    ]),
  );
}

function parsed(text: string): JsonObject {
  const reading = readJsonText(text);
  assert.ok(reading.kind === "json");
  return reading.value as JsonObject;
}

for (const type of eventCatalogue.filter(({ before }) => before)) {
  const codec = createCodec(7, schemaOfEvent(type).text);
  const { shape } = codec;
  const base = codec.decode(codec.encode(recordOf(shape.fields, 0)));

  test(`${type.id}: an echo is no change, in either form of numbers`, () => {
    for (const numbers of ["string", "json"] as const) {
      const subject = { shape, data: base, recode: codec.recode };
      const judgement = judgeChanges({ id: "h", mayChange: [] }, subject, parsed(renderData(base, shape, numbers)));
      assert.deepEqual(judgement, { kind: "unchanged" });
    }
  });

  test(`${type.id}: each field that may change does, and comes back from its Kafka value; no other can`, () => {
    const mayChange: readonly FieldRule[] = shape.fields.map(({ name }) => ({ field: name, rule: "any" }));
    for (const field of shape.fields) {
      const changed = { ...base, [field.name]: recordOf(shape.fields, 1)[field.name] ?? null };
      const subject = { shape, data: base, recode: codec.recode };
      const judgement = judgeChanges({ id: "h", mayChange }, subject, parsed(renderData(changed, shape, "json")));
      if (isNeverMutable(field)) {
        assert.equal(judgement.kind === "failure" && judgement.failure.kind, "not-permitted", field.name);
        continue;
      }
      assert.ok(judgement.kind === "changed", field.name);
      assert.ok(sameValue(judgement.data, changed), field.name);
      assert.ok(sameValue(codec.decode(judgement.encoded), changed), field.name);
    }
  });
}
