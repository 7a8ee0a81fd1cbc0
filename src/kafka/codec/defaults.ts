import type { Value } from "../../model/data.ts";
import { decimalText } from "../../model/decimal.ts";
import type { AvroField, AvroType } from "./avro-schema.ts";
import { bytesToUnscaled } from "./decimal-bytes.ts";

/** The default of a field in canonical form; undefined when it has none. For types that shapeOf accepts. */
export function defaultOf(field: AvroField): Value | undefined {
  return field.default === undefined ? undefined : canonical(field.type, field.default.json);
}

/** Avro's JSON form of defaults: bytes are text of the code points 0 to 255, a union's default is of its first branch. */
function canonical(type: AvroType, json: unknown): Value {
  switch (type.kind) {
    case "bytes":
    case "fixed": {
      const unscaled = bytesToUnscaled(Buffer.from(String(json), "latin1")) ?? 0n;
      return decimalText({ unscaled, scale: type.decimal?.scale ?? 0 });
    }
    case "list":
      return (json as readonly unknown[]).map((item) => canonical(type.items, item));
    case "map":
      return Object.fromEntries(
        Object.entries(json as object).map(([key, value]) => [key, canonical(type.values, value)]),
      );
    case "union": {
      const [first] = type.branches;
      return first === undefined ? null : canonical(first, json);
    }
    case "record": {
      const given = json as Readonly<Record<string, unknown>>;
      return Object.fromEntries(
        type.fields.map((field) => [
          field.name,
          Object.hasOwn(given, field.name) ? canonical(field.type, given[field.name]) : (defaultOf(field) ?? null),
        ]),
      );
    }
    case "null":
    case "boolean":
    case "int":
    case "long":
    case "float":
    case "double":
    case "string":
    case "enum":
      return json as Value;
  }
}
