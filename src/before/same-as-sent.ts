import type { Json } from "../model/answer.ts";
import { sameValue, type Value } from "../model/data.ts";
import type { Field, FieldType } from "../model/record-shape.ts";
import { Misfit } from "./misfit.ts";
import { readTyped } from "./typed-json.ts";

/**
 * Whether an answer only repeats what was sent. Annotations (lengths, ranges, legal values, nulls) bind who writes, and a
 * foreign producer may not have kept them: what breaks them is compared by its plain type, so that its echo is no change.
 */
export function isSame(from: Value, to: Value | Misfit, json: Json, field: Pick<Field, "type">, path: string): boolean {
  if (!(to instanceof Misfit)) return sameValue(from, to);
  const loose = json === null ? null : readTyped(json, withoutAnnotations(field.type), path, {});
  return !(loose instanceof Misfit) && sameValue(from, loose);
}

function withoutAnnotations(type: FieldType): FieldType {
  switch (type.kind) {
    case "string":
      return { kind: "string" };
    case "list":
      return { kind: "list", items: withoutAnnotations(type.items) };
    case "map":
      return { kind: "map", values: withoutAnnotations(type.values), nullableValues: true };
    case "record": {
      const loosened = ({ name, type: inner, secret, role }: Field): Field => ({
        ...{ name, secret, role, nullable: true },
        type: withoutAnnotations(inner),
      });
      return { kind: "record", fields: type.fields.map(loosened) };
    }
    default:
      return type;
  }
}
