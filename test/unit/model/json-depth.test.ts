import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { depthOfJson } from "../../../src/model/json-depth.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("the depth of JSON text is that of its value, whatever its texts and keys hold", () => {
  const text = fc.oneof(fc.string(), fc.constantFrom("[", "{", '"', '\\"[', "\\", "]}"));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 6 }, text, fc.integer(), fc.array(tie("value")), fc.dictionary(text, tie("value"))),
  }));
  fc.assert(
    fc.property(value, (one) => {
      assert.equal(depthOfJson(JSON.stringify(one)), depthOf(one));
    }),
  );
});

test("what would overflow the stack when parsed is measured all the same", () => {
  assert.equal(depthOfJson("[".repeat(1_000_000)), 1_000_000);
});
