import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dataFromJson, jsonOf } from "../../../src/model/json-data.ts";
import type { RecordShape } from "../../../src/model/record-shape.ts";

const plain = { nullable: false, secret: false, role: "plain" } as const;
const shape: RecordShape = {
  record: "Test",
  sparse: true,
  fields: [
    { name: "id", type: { kind: "long" }, ...plain },
    { name: "credit", type: { kind: "decimal", precision: 28, scale: 10 }, ...plain },
    {
      name: "rates",
      type: { kind: "map", values: { kind: "decimal", precision: 28, scale: 10 }, nullableValues: true },
      ...plain,
    },
    {
      name: "fees",
      type: {
        kind: "list",
        items: {
          kind: "record",
          fields: [{ name: "rate", type: { kind: "decimal", precision: 28, scale: 10 }, ...plain }],
        },
      },
      ...plain,
    },
  ],
};

describe("data typed by a person", () => {
  it("keeps longs and decimals to the last digit, wherever they stand", () => {
    assert.deepEqual(
      dataFromJson(
        '{"id":9223372036854775807,"credit":1.10,"rates":{"a":0.3,"b":null},"fees":[{"rate":99999999999999999.5}]}',
        shape,
      ),
      {
        id: 9223372036854775807n,
        credit: "1.10",
        rates: { a: "0.3", b: null },
        fees: [{ rate: "99999999999999999.5" }],
      },
    );
  });

  it("keeps absent and null apart, and leaves what the schema does not know to the codec", () => {
    assert.deepEqual(dataFromJson('{"id":null,"other":1.5}', shape), { id: null, other: "1.5" });
  });

  it("is refused, with why, when it is no JSON object", () => {
    for (const text of ["", "[1]", "null", "1", '{"a":1,"a":2}', "{'a':1}"]) {
      assert.throws(() => dataFromJson(text, shape), { code: "DATA_INVALID" }, text);
    }
  });

  it("is printed with integers beyond 2^53-1 as text", () => {
    assert.equal(jsonOf({ id: 9223372036854775807n, at: 5 }), '{"id":"9223372036854775807","at":5}');
  });
});
