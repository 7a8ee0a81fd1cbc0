import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesToUnscaled, decimalToText, parseDecimal, unscaledToBytes } from "../../../src/kafka/codec/decimal.ts";

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

test("text and unscaled value are each other's inverse, and the text is canonical", () => {
  fc.assert(
    fc.property(unscaled, fc.integer({ min: 0, max: 20 }), (value, scale) => {
      const text = decimalToText(value, scale);
      assert.match(text, /^(?:0|-?(?:[1-9][0-9]*|0\.[0-9]*[1-9]|[1-9][0-9]*\.[0-9]*[1-9]))$/);
      assert.deepEqual(parseDecimal(text, { precision: 70, scale }), { kind: "decimal", unscaled: value });
    }),
  );
});

test("superfluous zeros mean nothing, on either end", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(999), fc.nat(50), fc.nat(50), (whole, thousandths, left, right) => {
      const text = `${"0".repeat(left)}${whole}.${String(thousandths).padStart(3, "0")}${"0".repeat(right)}`;
      const expected = BigInt(whole) * 1000n + BigInt(thousandths);
      assert.deepEqual(parseDecimal(text, { precision: 28, scale: 3 }), { kind: "decimal", unscaled: expected });
    }),
  );
});

test("what is not plain decimal text is refused", () => {
  for (const text of [
    "",
    "-",
    ".5",
    "5.",
    "+5",
    "1e3",
    " 1",
    "1 ",
    "0x1",
    "1,5",
    "NaN",
    "--1",
    "1.2.3",
    "\u0661",
    "1\n",
  ]) {
    assert.equal(parseDecimal(text, { precision: 28, scale: 10 }).kind, "refused", JSON.stringify(text));
  }
});
