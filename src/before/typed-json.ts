import { isJsonObject, type Json } from "../model/answer.ts";
import type { Value } from "../model/data.ts";
import { textMisfit } from "../model/field-limits.ts";
import type { Field, FieldType } from "../model/record-shape.ts";
import { Misfit } from "./misfit.ts";
import { readNumber } from "./numbers.ts";

/** JSON of an answer, read by the type its field has: the whole value, with nothing to merge it into. */

type Constraints = Pick<Field, "minimum" | "maximum">;

export function readTyped(json: Json, type: FieldType, path: string, constraints: Constraints): Value | Misfit {
  switch (type.kind) {
    case "boolean":
      return typeof json === "boolean" ? json : new Misfit(path, "is not true or false");
    case "int":
    case "long":
    case "decimal":
      return readNumber(json, type, path, constraints);
    case "string":
      return readText(json, type, path);
    case "list":
      return readList(json, type.items, path);
    case "map":
      return readMap(json, type, path);
    case "record":
      return readRecord(json, type.fields, path);
  }
}

function readText(json: Json, type: Extract<FieldType, { kind: "string" }>, path: string): string | Misfit {
  if (typeof json !== "string") return new Misfit(path, "is not a text");
  const misfit = textMisfit(json, type);
  return misfit === undefined ? json : new Misfit(path, misfit);
}

function readList(json: Json, items: FieldType, path: string): Value | Misfit {
  if (!Array.isArray(json)) return new Misfit(path, "is not a list");
  const values: Value[] = [];
  for (const [at, item] of (json as readonly Json[]).entries()) {
    const value = readTyped(item, items, `${path}[${at}]`, {});
    if (value instanceof Misfit) return value;
    values.push(value);
  }
  return values;
}

function readMap(json: Json, type: Extract<FieldType, { kind: "map" }>, path: string): Value | Misfit {
  if (!isJsonObject(json)) return new Misfit(path, "is not a map");
  const entries: [string, Value][] = [];
  for (const [key, item] of Object.entries(json)) {
    const value = readEntry(item, type, key, path);
    if (value instanceof Misfit) return value;
    entries.push([key, value]);
  }
  return Object.fromEntries(entries);
}

/** One entry of a map; its key must survive UTF-8 as well. */
export function readEntry(
  json: Json,
  type: Extract<FieldType, { kind: "map" }>,
  key: string,
  path: string,
): Value | Misfit {
  if (!key.isWellFormed()) return new Misfit(path, "has a key that is not well-formed Unicode");
  const at = entryPath(path, key);
  if (json === null) return type.nullableValues ? null : new Misfit(at, "may not be null");
  return readTyped(json, type.values, at, {});
}

/** A whole record: a field it leaves out becomes null where that is legal, as there is nothing to keep. */
function readRecord(json: Json, fields: readonly Field[], path: string): Value | Misfit {
  if (!isJsonObject(json)) return new Misfit(path, "is not a record");
  const unknown = Object.keys(json).find((key) => !fields.some((field) => field.name === key));
  if (unknown !== undefined) return new Misfit(entryPath(path, unknown), "is not a field of the event");
  const entries: [string, Value][] = [];
  for (const field of fields) {
    const value = readField(Object.hasOwn(json, field.name) ? json[field.name] : null, field, `${path}.${field.name}`);
    if (value instanceof Misfit) return value;
    entries.push([field.name, value]);
  }
  return Object.fromEntries(entries);
}

export function readField(json: Json | undefined, field: Field, path: string): Value | Misfit {
  if (json === null || json === undefined) return field.nullable ? null : new Misfit(path, "may not be null");
  return readTyped(json, field.type, path, field);
}

/** `custom_fields.kam`, or `custom_fields["a.b"]` where a plain path would be ambiguous. */
export function entryPath(path: string, key: string): string {
  return /^[\w-]+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}
