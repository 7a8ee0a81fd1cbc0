import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesToUnscaled, unscaledToBytes } from "../../../src/kafka/codec/decimal-bytes.ts";

const unscaled = fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n });

test("an unscaled value survives its bytes, of which there are no more than needed", () => {
  fc.assert(
    fc.property(unscaled, (value) => {
      const bytes = unscaledToBytes(value);
      assert.equal(bytesToUnscaled(bytes), value);
      assert.ok(bytes.length === 1 || BigInt.asIntN((bytes.length - 1) * 8, value) !== value);
      assert.equal(bytesToUnscaled(unscaledToBytes(value, 40)), value);
    }),
  );
});

test("the bytes are those of java.math.BigInteger.toByteArray", () => {
  const rows: readonly (readonly [bigint, string])[] = [
    [0n, "00"],
    [127n, "7f"],
    [128n, "0080"],
    [-128n, "80"],
    [-129n, "ff7f"],
    [256n, "0100"],
    [-(2n ** 47n) - 1n, "ff7fffffffffff"],
  ];
  for (const [value, hex] of rows) assert.equal(unscaledToBytes(value).toString("hex"), hex);
});
