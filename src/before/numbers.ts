import { type Json, JsonNumber } from "../model/answer.ts";
import { canonicalInteger, type Value } from "../model/data.ts";
import { type Decimal, decimalMisfit, decimalText, parseDecimal, unscaledAt } from "../model/decimal.ts";
import { integerMisfit, rangeMisfit } from "../model/field-limits.ts";
import type { Field, FieldType } from "../model/record-shape.ts";
import { Misfit } from "./misfit.ts";

/** Numbers of an answer, from their source text: as JSON numbers or as strings, never through a float. */

type NumericType = Extract<FieldType, { kind: "int" | "long" | "decimal" }>;
type Bounds = Pick<Field, "minimum" | "maximum">;

/** The canonical value (model/data.ts), or why the JSON is not a number of this type. */
export function readNumber(json: Json, type: NumericType, path: string, bounds: Bounds): Value | Misfit {
  const decimal = decimalOf(json);
  if (decimal === undefined) return new Misfit(path, `is not a number (${type.kind})`);
  const scale = type.kind === "decimal" ? type.scale : 0;
  const misfit = kindMisfit(decimal, type) ?? rangeMisfit(bounds, scale)(unscaledAt(decimal, scale));
  if (misfit !== undefined) return new Misfit(path, misfit);
  return type.kind === "decimal" ? decimalText(decimal) : canonicalInteger(decimal.unscaled);
}

function kindMisfit(decimal: Decimal, type: NumericType): string | undefined {
  if (type.kind === "decimal") return decimalMisfit(decimal, type);
  return decimal.scale === 0 ? integerMisfit(decimal.unscaled, type.kind) : "is not a whole number";
}

function decimalOf(json: Json): Decimal | undefined {
  if (json instanceof JsonNumber) return parseDecimal(json.source);
  return typeof json === "string" ? parseDecimal(json) : undefined;
}

/** A canonical number of any kind as an exact decimal; undefined for anything else. */
export function decimalOfValue(value: Value | undefined): Decimal | undefined {
  if (typeof value === "number" || typeof value === "bigint") return parseDecimal(value.toString());
  return typeof value === "string" ? parseDecimal(value) : undefined;
}
