import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { integerMisfit, rangeMisfit, textMisfit } from "../../../src/model/field-limits.ts";

suite("what binds a value", () => {
  test("a text: its length in characters, whole characters, and its legal words", () => {
    assert.equal(textMisfit("😀😀", { maxLength: 2 }), undefined);
    assert.match(textMisfit("😀😀a", { maxLength: 2 }) ?? "", /longer than 2/);
    assert.match(textMisfit("\ud800", {}) ?? "", /half of a character/);
    assert.equal(textMisfit("a", { oneOf: ["b", "c"] }), "must be one of b, c");
  });

  test("an integer: its bits, and that no digit is lost already", () => {
    for (const value of [2 ** 31 - 1, -(2 ** 31), 0, -0, 2n ** 31n - 1n])
      assert.equal(integerMisfit(value, "int"), undefined);
    for (const value of [2 ** 31, -(2 ** 31) - 1, 0.5, NaN, "1", 2n ** 31n]) {
      assert.equal(integerMisfit(value, "int"), "must be an integer of 32 bits", String(value));
    }
    for (const value of [2 ** 53 - 1, 2n ** 63n - 1n, -(2n ** 63n)])
      assert.equal(integerMisfit(value, "long"), undefined);
    for (const value of [2 ** 53, 2n ** 63n, Infinity, null])
      assert.match(integerMisfit(value, "long") ?? "", /64 bits/);
  });

  test("a number: its bounds, which are included", () => {
    const misfit = rangeMisfit({ minimum: "-1.5", maximum: "10" }, 2);
    assert.equal(misfit(-150n), undefined);
    assert.equal(misfit(1000), undefined);
    assert.equal(misfit(-151), "is below -1.5");
    assert.equal(misfit(1001n), "is above 10");
    assert.equal(rangeMisfit({}, 0)(10n ** 30n), undefined);
    assert.throws(() => rangeMisfit({ minimum: "0.001" }, 2), /minimum is not a decimal of scale 2/);
  });
});
