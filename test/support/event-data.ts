import fc from "fast-check";
import { canonicalInteger, type Data, type Value } from "../../src/model/data.ts";
import { decimalText } from "../../src/model/decimal.ts";
import type { Field, FieldType, RecordShape } from "../../src/model/record-shape.ts";

/**
 * Canonical data of any event, from its shape: what a decoder would return, and what an encoder must take.
 * Full records have every field, sparse ones the id and any others; `extra` is there only when it has entries.
 */
export function canonicalData(shape: RecordShape): fc.Arbitrary<Data> {
  const arbitraries: Record<string, fc.Arbitrary<Value>> = {};
  const required: string[] = [];
  for (const field of shape.fields) {
    arbitraries[field.name] = field.name === "extra" ? map(text(), 1) : fieldValue(field);
    if (field.name !== "extra" && (!shape.sparse || field.role === "id")) required.push(field.name);
  }
  return fc.record(arbitraries, { requiredKeys: required, noNullPrototype: true });
}

function fieldValue(field: Field): fc.Arbitrary<Value> {
  const value = typed(field.type, field);
  return field.nullable ? fc.option(value, { nil: null, freq: 4 }) : value;
}

function typed(type: FieldType, field: Field): fc.Arbitrary<Value> {
  const bound = (text: string | undefined, scale: number, otherwise: bigint) =>
    text === undefined ? otherwise : BigInt(text) * 10n ** BigInt(scale);
  switch (type.kind) {
    case "boolean":
      return fc.boolean();
    case "int":
      return fc.integer({ min: Number(field.minimum ?? -(2 ** 31)), max: Number(field.maximum ?? 2 ** 31 - 1) });
    case "long":
      return fc
        .bigInt({ min: bound(field.minimum, 0, -(2n ** 63n)), max: bound(field.maximum, 0, 2n ** 63n - 1n) })
        .map(canonicalInteger);
    case "string":
      return type.oneOf === undefined ? text(type.maxLength) : fc.constantFrom(...type.oneOf);
    case "decimal": {
      const limit = 10n ** BigInt(type.precision) - 1n;
      return fc
        .bigInt({ min: bound(field.minimum, type.scale, -limit), max: bound(field.maximum, type.scale, limit) })
        .map((unscaled) => decimalText({ unscaled, scale: type.scale }));
    }
    case "list":
      return fc.array(typed(type.items, field), { maxLength: 5 });
    case "map": {
      const value = typed(type.values, field);
      return map(type.nullableValues ? fc.option(value, { nil: null }) : value, 0);
    }
    case "record":
      return fc.record(Object.fromEntries(type.fields.map((child) => [child.name, fieldValue(child)])), {
        noNullPrototype: true,
      });
  }
}

/** Any characters there are, beyond the first plane too. */
function text(maxLength = 40): fc.Arbitrary<string> {
  return fc.string({ unit: "binary", maxLength: Math.min(maxLength, 40) });
}

function map(value: fc.Arbitrary<Value>, minKeys: number): fc.Arbitrary<Data> {
  return fc.dictionary(
    text(12).filter((key) => key !== "__proto__"),
    value,
    { minKeys, maxKeys: 4, noNullPrototype: true },
  );
}
