import type { Environment } from "@marcbachmann/cel-js";
import {
  addDecimals,
  compareDecimals,
  type Decimal,
  decimalText,
  parseDecimal,
  subtractDecimals,
} from "../../model/decimal.ts";

/** A decimal inside an expression. A class, because CEL tells registered types apart by their constructor. */
export class CelDecimal {
  readonly value: Decimal;

  constructor(value: Decimal) {
    this.value = value;
  }
}

/** Throws when the text is not a decimal; the expression then ends with an error. */
export function celDecimal(text: string): CelDecimal {
  const value = parseDecimal(text);
  if (value === undefined) throw new Error('decimal() takes text such as "10.50"');
  return new CelDecimal(value);
}

const comparisons = {
  "<": (sign: number) => sign < 0,
  "<=": (sign: number) => sign <= 0,
  ">": (sign: number) => sign > 0,
  ">=": (sign: number) => sign >= 0,
  "==": (sign: number) => sign === 0,
} as const;

/**
 * The type `decimal`: `decimal("10.50")`, `decimal(5)`, comparisons and + - among decimals and with ints, unary minus,
 * `string(d)`. No multiplication or division: how to round would be a guess.
 */
export function registerDecimal(environment: Environment): void {
  const ofInt = (int: bigint): Decimal => ({ unscaled: int, scale: 0 });
  const decimalOf = (operand: CelDecimal | bigint): Decimal =>
    operand instanceof CelDecimal ? operand.value : ofInt(operand);
  environment
    .registerType("decimal", CelDecimal)
    .registerFunction("decimal(string): decimal", celDecimal)
    .registerFunction("decimal(int): decimal", (int: bigint) => new CelDecimal(ofInt(int)))
    .registerFunction("decimal(decimal): decimal", (decimal: CelDecimal) => decimal)
    .registerFunction("string(decimal): string", (decimal: CelDecimal) => decimalText(decimal.value))
    .registerOperator(
      "-decimal",
      (d: CelDecimal) => new CelDecimal({ unscaled: -d.value.unscaled, scale: d.value.scale }),
    );
  for (const types of [["decimal", "decimal"] as const, ["decimal", "int"] as const, ["int", "decimal"] as const]) {
    const [left, right] = types;
    for (const [operator, holds] of Object.entries(comparisons)) {
      // The library registers the mirror image of an equality by itself.
      if (operator === "==" && left === "int") continue;
      environment.registerOperator(
        `${left} ${operator} ${right}: bool`,
        (a: CelDecimal | bigint, b: CelDecimal | bigint) => holds(compareDecimals(decimalOf(a), decimalOf(b))),
      );
    }
    for (const [operator, compute] of [["+", addDecimals] as const, ["-", subtractDecimals] as const]) {
      environment.registerOperator(
        `${left} ${operator} ${right}: decimal`,
        (a: CelDecimal | bigint, b: CelDecimal | bigint) => new CelDecimal(compute(decimalOf(a), decimalOf(b))),
      );
    }
  }
}
