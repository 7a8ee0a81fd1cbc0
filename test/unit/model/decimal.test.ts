import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  addDecimals,
  compareDecimals,
  type Decimal,
  decimalText,
  integerDigits,
  parseDecimal,
  subtractDecimals,
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

test("integer digits count what stands before the point", () => {
  assert.equal(integerDigits(read("0.5")), 0);
  assert.equal(integerDigits(read("-123.5")), 3);
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
