import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  addDecimals,
  compareDecimals,
  type Decimal,
  decimalMisfit,
  decimalText,
  parseDecimal,
  parsePlainDecimal,
  subtractDecimals,
  unscaledAt,
} from "../../../src/model/decimal.ts";

function read(text: string): Decimal {
  const decimal = parseDecimal(text);
  assert.ok(decimal, text);
  return decimal;
}

test("every way to write a decimal has one canonical text", () => {
  const cases = {
    "10.50": "10.5",
    "-0.30": "-0.3",
    "-0": "0",
    "0.00": "0",
    "1e3": "1000",
    "1.5E-3": "0.0015",
    "007": "7",
    "+5": "5",
  };
  for (const [text, canonical] of Object.entries(cases)) assert.equal(decimalText(read(text)), canonical);
});

test("what is not a decimal, or would need gigabytes, is refused", () => {
  for (const text of ["", ".", "1.", ".5", "1e", "0x1", "NaN", "1e9999", "1e-9999", "1 ", "١", "1".repeat(600)]) {
    assert.equal(parseDecimal(text), undefined, text.slice(0, 20));
  }
});

test("a field holds what fits its digits before and after the point, and nothing is rounded", () => {
  const form = { precision: 5, scale: 2 };
  for (const fits of ["0", "0.5", "-999.99", "999.9900", "1e2"])
    assert.equal(decimalMisfit(read(fits), form), undefined);
  assert.equal(decimalMisfit(read("0.001"), form), "has more than 2 digits after the point");
  assert.equal(decimalMisfit(read("-1000"), form), "has more than 3 digits before the point");
  assert.equal(decimalMisfit(read("0.99"), { precision: 2, scale: 2 }), undefined);
});

test("property: arithmetic agrees with integers scaled by hand, and text survives a round trip", () => {
  const part = fc.record({
    digits: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
    scale: fc.integer({ min: 0, max: 12 }),
  });
  const written = ({ digits, scale }: { digits: bigint; scale: number }): string => {
    const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
    const point = text.length - scale;
    return `${digits < 0n ? "-" : ""}${text.slice(0, point)}${scale > 0 ? `.${text.slice(point)}` : ""}`;
  };
  fc.assert(
    fc.property(part, part, (a, b) => {
      const [left, right] = [read(written(a)), read(written(b))];
      const at12 = ({ digits, scale }: { digits: bigint; scale: number }): bigint => digits * 10n ** BigInt(12 - scale);
      const [x, y] = [at12(a), at12(b)];
      assert.equal(compareDecimals(left, right), x < y ? -1 : x > y ? 1 : 0);
      assert.deepEqual(addDecimals(left, right), read(written({ digits: x + y, scale: 12 })));
      assert.deepEqual(subtractDecimals(left, right), read(written({ digits: x - y, scale: 12 })));
      assert.deepEqual(read(decimalText(left)), left);
    }),
  );
});

test("text and unscaled value are each other's inverse, and the text is canonical", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n }), fc.integer({ min: 0, max: 20 }), (value, scale) => {
      const text = decimalText({ unscaled: value, scale });
      assert.match(text, /^(?:0|-?(?:[1-9][0-9]*|0\.[0-9]*[1-9]|[1-9][0-9]*\.[0-9]*[1-9]))$/);
      assert.equal(unscaledAt(read(text), scale), value);
    }),
  );
});

test("superfluous zeros mean nothing, on either end", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(999), fc.nat(50), fc.nat(50), (whole, thousandths, left, right) => {
      const text = `${"0".repeat(left)}${whole}.${String(thousandths).padStart(3, "0")}${"0".repeat(right)}`;
      const expected = BigInt(whole) * 1000n + BigInt(thousandths);
      assert.equal(unscaledAt(read(text), 3), expected);
    }),
  );
});

test("what is not plain decimal text is refused as data", () => {
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
    "1".repeat(201),
  ]) {
    assert.equal(parsePlainDecimal(text), undefined, JSON.stringify(text));
  }
});
