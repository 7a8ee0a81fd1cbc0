import type { Value } from "../../model/data.ts";
import { isLong } from "./avro-library.ts";
import type { AvroField, AvroType } from "./avro-schema.ts";
import { type DecimalForm, decimalToText, maxPrecision, parseDecimal, unscaledToBytes } from "./decimal.ts";
import type { Problems } from "./problems.ts";

/** Checks a value against its type and its field's annotations; returns what avsc writes. Null never comes here. */
export type Prepare = (value: Value, path: string, problems: Problems) => unknown;

export function prepareBoolean(value: Value, path: string, problems: Problems): unknown {
  if (typeof value !== "boolean") problems.add(path, "must be true or false");
  return value;
}

export function stringPreparer(type: AvroType, field: AvroField): Prepare {
  const { maxLength = Infinity, oneOf = type.kind === "enum" ? type.symbols : undefined } = field.attributes as {
    maxLength?: number;
    oneOf?: readonly string[];
  };
  return (value, path, problems) => {
    if (typeof value !== "string") problems.add(path, "must be text");
    else if (!value.isWellFormed()) problems.add(path, "holds half of a character (a lone surrogate)");
    else if (isLonger(value, maxLength)) problems.add(path, `is longer than ${maxLength} characters`);
    else if (oneOf !== undefined && !oneOf.includes(value)) problems.add(path, `must be one of ${oneOf.join(", ")}`);
    return value;
  };
}

/** Counts characters as a database does, not the halves that JavaScript counts. */
function isLonger(text: string, maxLength: number): boolean {
  if (text.length <= maxLength) return false;
  return text.length > 2 * maxLength || Array.from(text).length > maxLength;
}

export function integerPreparer(kind: "int" | "long", field: AvroField): Prepare {
  const inRange = rangeOf(field, 0);
  return (value, path, problems) => {
    if (!isLong(value) || (kind === "int" && BigInt.asIntN(32, BigInt(value)) !== BigInt(value))) {
      problems.add(path, `must be an integer of ${kind === "int" ? 32 : 64} bits`);
      return value;
    }
    inRange(value, path, problems);
    return kind === "int" ? Number(value) : value;
  };
}

export function decimalPreparer(form: DecimalForm, size: number | undefined, field: AvroField): Prepare {
  const inRange = rangeOf(field, form.scale);
  return (value, path, problems) => {
    if (typeof value !== "string") {
      problems.add(path, 'must be a decimal as text, such as "10.5"');
      return undefined;
    }
    const parsed = parseDecimal(value, form);
    if (parsed.kind === "refused") {
      problems.add(path, parsed.why);
      return undefined;
    }
    inRange(parsed.unscaled, path, problems);
    const bytes = unscaledToBytes(parsed.unscaled);
    if (size === undefined) return bytes;
    if (bytes.length > size) problems.add(path, `does not fit ${size} bytes`);
    return unscaledToBytes(parsed.unscaled, size);
  };
}

/** The annotations minimum and maximum. Throws Error at once when they are no numbers of the field's scale. */
function rangeOf(field: AvroField, scale: number): (value: number | bigint, path: string, problems: Problems) => void {
  const bound = (name: "minimum" | "maximum"): bigint | undefined => {
    const text = field.attributes[name];
    if (typeof text !== "string") return undefined;
    const parsed = parseDecimal(text, { precision: maxPrecision, scale });
    if (parsed.kind === "refused") throw new Error(`field ${field.name}: ${name} ${parsed.why}`);
    return parsed.unscaled;
  };
  const minimum = bound("minimum");
  const maximum = bound("maximum");
  return (value, path, problems) => {
    if (minimum !== undefined && value < minimum) problems.add(path, `is below ${decimalToText(minimum, scale)}`);
    if (maximum !== undefined && value > maximum) problems.add(path, `is above ${decimalToText(maximum, scale)}`);
  };
}
