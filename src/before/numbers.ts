import { type Json, JsonNumber } from "../model/answer.ts";
import type { Value } from "../model/data.ts";
import { compareDecimals, type Decimal, decimalText, integerDigits, parseDecimal } from "../model/decimal.ts";
import type { Field, FieldType } from "../model/record-shape.ts";
import { Misfit } from "./misfit.ts";

/** Numbers of an answer, from their source text: as JSON numbers or as strings, never through a float. */

type NumericType = Extract<FieldType, { kind: "int" | "long" | "decimal" }>;
type Bounds = Pick<Field, "minimum" | "maximum">;

const widths = {
  int: { least: -(2n ** 31n), most: 2n ** 31n - 1n },
  long: { least: -(2n ** 63n), most: 2n ** 63n - 1n },
} as const;

/** The canonical value (model/data.ts), or why the JSON is not a number of this type. */
export function readNumber(json: Json, type: NumericType, path: string, bounds: Bounds): Value | Misfit {
  const decimal = decimalOf(json);
  if (decimal === undefined) return new Misfit(path, `is not a number (${type.kind})`);
  if (isOutside(decimal, bounds)) return new Misfit(path, "is outside the range of the field");
  return type.kind === "decimal" ? fitDecimal(decimal, type, path) : fitInteger(decimal, widths[type.kind], path);
}

function decimalOf(json: Json): Decimal | undefined {
  if (json instanceof JsonNumber) return parseDecimal(json.source);
  return typeof json === "string" ? parseDecimal(json) : undefined;
}

/** Rounding would be a change nobody asked for: what does not fit precision and scale is refused. */
function fitDecimal(decimal: Decimal, type: { precision: number; scale: number }, path: string): string | Misfit {
  if (decimal.scale > type.scale) return new Misfit(path, `has more than ${type.scale} decimal places`);
  if (integerDigits(decimal) > type.precision - type.scale) return new Misfit(path, "has too many digits");
  return decimalText(decimal);
}

function fitInteger(decimal: Decimal, width: { least: bigint; most: bigint }, path: string): Value | Misfit {
  if (decimal.scale !== 0) return new Misfit(path, "is not a whole number");
  const { unscaled } = decimal;
  if (unscaled < width.least || unscaled > width.most) return new Misfit(path, "does not fit the integer type");
  const float = Number(unscaled);
  return Number.isSafeInteger(float) ? float : unscaled;
}

function isOutside(decimal: Decimal, bounds: Bounds): boolean {
  const least = bounds.minimum === undefined ? undefined : parseDecimal(bounds.minimum);
  const most = bounds.maximum === undefined ? undefined : parseDecimal(bounds.maximum);
  return (
    (least !== undefined && compareDecimals(decimal, least) < 0) ||
    (most !== undefined && compareDecimals(decimal, most) > 0)
  );
}

/** A canonical number of any kind as an exact decimal; undefined for anything else. */
export function decimalOfValue(value: Value | undefined): Decimal | undefined {
  if (typeof value === "number" || typeof value === "bigint") return parseDecimal(value.toString());
  return typeof value === "string" ? parseDecimal(value) : undefined;
}
