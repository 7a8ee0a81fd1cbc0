import { messageOf } from "../../errors.ts";
import type { Value } from "../../model/data.ts";
import { type DecimalForm, decimalMisfit, parsePlainDecimal, unscaledAt } from "../../model/decimal.ts";
import { integerMisfit, type RangeMisfit, rangeMisfit, textMisfit } from "../../model/field-limits.ts";
import type { AvroField, AvroType } from "./avro-schema.ts";
import { unscaledToBytes } from "./decimal-bytes.ts";
import type { Problems } from "./problems.ts";
import { rangeLimits, stringLimits } from "./shape.ts";

/** Checks a value against its type and its field's annotations; returns what avsc writes. Null never comes here. */
export type Prepare = (value: Value, path: string, problems: Problems) => unknown;

export function prepareBoolean(value: Value, path: string, problems: Problems): unknown {
  if (typeof value !== "boolean") problems.add(path, "must be true or false");
  return value;
}

export function stringPreparer(type: AvroType, field: AvroField): Prepare {
  const limits = { ...(type.kind === "enum" ? { oneOf: type.symbols } : {}), ...stringLimits(field) };
  return (value, path, problems) => {
    const misfit = typeof value === "string" ? textMisfit(value, limits) : "must be text";
    if (misfit !== undefined) problems.add(path, misfit);
    return value;
  };
}

export function integerPreparer(kind: "int" | "long", field: AvroField): Prepare {
  const inRange = rangeOf(field, 0);
  return (value, path, problems) => {
    const misfit = integerMisfit(value, kind) ?? inRange(value as number | bigint);
    if (misfit !== undefined) {
      problems.add(path, misfit);
      return value;
    }
    return kind === "int" ? Number(value) : value;
  };
}

export function decimalPreparer(form: DecimalForm, size: number | undefined, field: AvroField): Prepare {
  const inRange = rangeOf(field, form.scale);
  return (value, path, problems) => {
    const decimal = typeof value === "string" ? parsePlainDecimal(value) : undefined;
    if (decimal === undefined) {
      problems.add(path, 'must be a decimal as text, such as "10.5"');
      return undefined;
    }
    const misfit = decimalMisfit(decimal, form) ?? inRange(unscaledAt(decimal, form.scale));
    if (misfit !== undefined) {
      problems.add(path, misfit);
      return undefined;
    }
    const bytes = unscaledToBytes(unscaledAt(decimal, form.scale));
    if (size === undefined) return bytes;
    if (bytes.length > size) problems.add(path, `does not fit ${size} bytes`);
    return unscaledToBytes(unscaledAt(decimal, form.scale), size);
  };
}

/** Throws Error at once when the annotations are no numbers of the field's scale. */
function rangeOf(field: AvroField, scale: number): RangeMisfit {
  try {
    return rangeMisfit(rangeLimits(field), scale);
  } catch (error) {
    throw new Error(`field ${field.name}: ${messageOf(error)}`, { cause: error });
  }
}
