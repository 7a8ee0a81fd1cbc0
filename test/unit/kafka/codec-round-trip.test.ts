import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { createCodec } from "../../../src/kafka/codec/codec.ts";
import { schemaOfEvent } from "../../../src/kafka/registry/schemas.ts";
import type { Data, Value } from "../../../src/model/data.ts";
import { eventCatalogue } from "../../../src/model/event-catalogue.ts";
import { canonicalData } from "../../support/event-data.ts";

const codecOf = (record: string) => {
  const type = eventCatalogue.find((known) => known.record === record);
  assert.ok(type);
  return createCodec(7, schemaOfEvent(type).text);
};

suite("canonical data comes back from the wire as it went", () => {
  for (const { id, record } of eventCatalogue) {
    test(id, () => {
      const codec = codecOf(record);
      fc.assert(
        fc.property(canonicalData(codec.shape), (data) => {
          assert.deepEqual(codec.decode(codec.encode(data)), data);
        }),
        { numRuns: 100 },
      );
    });
  }
});

test("recoding data that was decoded changes neither the data nor the bytes", () => {
  const codec = codecOf("ClientsUpdate");
  fc.assert(
    fc.property(canonicalData(codec.shape), (data) => {
      const value = codec.encode(data);
      const recoded = codec.recode(codec.decode(value));
      assert.deepEqual(recoded.data, data);
      assert.deepEqual(recoded.value, value);
    }),
  );
});

test("integers keep every digit up to the ends of 64 bits, as a number while that is exact", () => {
  const codec = codecOf("ClientsDelete");
  for (const power of [0n, 6n, 7n, 27n, 28n, 31n, 32n, 53n, 62n, 63n]) {
    for (const near of [-2n, -1n, 0n, 1n]) {
      for (const exact of [2n ** power + near, -(2n ** power) - near]) {
        if (exact >= 2n ** 63n || exact < -(2n ** 63n)) continue;
        const { id } = codec.decode(codec.encode({ id: exact }));
        assert.equal(typeof id, Number.isSafeInteger(Number(exact)) ? "number" : "bigint");
        assert.equal(BigInt(id as number | bigint), exact);
      }
    }
  }
});

test("decimals keep every digit of their precision", () => {
  const codec = codecOf("ClientsBalanceZero");
  const balance = (text: string) =>
    codec.decode(codec.encode({ clients_id: 1, balance: text, credit: "0", available: "0" }))["balance"];
  assert.equal(balance("-999999999999999999.9999999999"), "-999999999999999999.9999999999");
  assert.equal(balance("0.0000000001"), "0.0000000001");
  assert.equal(balance("-0.10"), "-0.1");
  assert.equal(balance("100.00000000000000"), "100");
  assert.equal(balance("-0"), "0");
  assert.equal(balance("007"), "7");
});

test("a sparse update keeps absent, null and set apart", () => {
  const codec = codecOf("ClientsUpdate");
  const states: fc.Arbitrary<Value | undefined> = fc.constantFrom(undefined, null, 5);
  fc.assert(
    fc.property(states, states, (plan, capacity) => {
      const data: Record<string, Value> = { id: 1 };
      if (plan !== undefined) data["routing_plans_id"] = plan;
      if (capacity !== undefined) data["orig_capacity"] = capacity;
      assert.deepEqual(codec.decode(codec.encode(data)), data);
    }),
  );
});

test("full records are filled with their schema's defaults", () => {
  const codec = codecOf("ClientsPackagesAssign");
  const data = {
    clients_id: 3,
    packages_id: 4,
    start_dt: "2026-01-01T00:00:00Z",
    fees: [{ type: "activation", rate: "1" }],
  };
  assert.deepEqual(codec.decode(codec.encode(data as Data)), {
    id: null,
    clients_id: 3,
    accounts_id: null,
    packages_id: 4,
    qty: 1,
    start_dt: "2026-01-01T00:00:00Z",
    stop_dt: null,
    status: null,
    condition: null,
    renew_due: null,
    period: null,
    fees: [{ type: "activation", name: "", note: "", rate: "1" }],
  });
});
