import type { Field, FieldRole, FieldType, RecordShape } from "../../model/record-shape.ts";
import type { AvroField, AvroRecordType, AvroType } from "./avro-schema.ts";

/** The bookkeeping field that makes a record sparse: the names of the fields that changed (schemas/README.md). */
export const changedFields = "changed_fields";
/** Attributes the schema does not know, as JSON text by key. Absent from the data when there are none. */
export const extraField = "extra";

/**
 * Most fields in all, those of records within records counted where they are used. Records that use one another ten times
 * over ten levels are two kilobytes of schema and ten thousand million fields.
 */
const maxFields = 10_000;

const roles: readonly FieldRole[] = ["plain", "id", "tenant", "balance", "record-time"];

/**
 * What an event's record looks like. Throws Error for what an event's data cannot hold: floats (money must not pass
 * through one), plain bytes, unions other than with null, records that hold themselves, more than 10,000 fields.
 */
export function shapeOf(record: AvroRecordType): RecordShape {
  const sparse = isSparse(record);
  const count = { fields: 0 };
  return {
    record: record.name,
    sparse,
    fields: record.fields
      .filter((field) => !sparse || field.name !== changedFields)
      .map((field) => shapeOfField(field, sparse, { parents: [record], count })),
  };
}

export function isSparse(record: AvroRecordType): boolean {
  const list = record.fields.find((field) => field.name === changedFields)?.type;
  return list?.kind === "list" && list.items.kind === "string";
}

/** T of a union of null and T, in either order; undefined for any other type. */
export function orNull(type: AvroType): AvroType | undefined {
  if (type.kind !== "union" || type.branches.length !== 2) return undefined;
  const others = type.branches.filter((branch) => branch.kind !== "null");
  return others.length === 1 ? others[0] : undefined;
}

/** Where in a schema a field stands, and how many there have been. */
interface Walk {
  readonly parents: readonly AvroRecordType[];
  readonly count: { fields: number };
}

function shapeOfField(field: AvroField, sparse: boolean, walk: Walk): Field {
  if (++walk.count.fields > maxFields) throw new Error(`more than ${maxFields} fields cannot be used`);
  const inner = orNull(field.type);
  const { attributes } = field;
  return {
    name: field.name,
    type: typeOf(inner ?? field.type, field, walk),
    // In a sparse record null in Avro mostly means absent; whether null is a value has to be said apart.
    nullable: inner !== undefined && (!sparse || attributes["nullable"] === true),
    secret: attributes["secret"] === true,
    role: roles.find((role) => role === attributes["role"]) ?? "plain",
    ...rangeLimits(field),
  };
}

function typeOf(type: AvroType, field: AvroField, walk: Walk): FieldType {
  switch (type.kind) {
    case "boolean":
    case "int":
    case "long":
      return { kind: type.kind };
    case "string":
      return { kind: "string", ...stringLimits(field) };
    case "enum":
      return { kind: "string", oneOf: type.symbols };
    case "bytes":
    case "fixed":
      if (type.decimal === null) break;
      return { kind: "decimal", ...type.decimal };
    case "list":
      return { kind: "list", items: typeOf(type.items, field, walk) };
    case "map": {
      const inner = orNull(type.values);
      return { kind: "map", values: typeOf(inner ?? type.values, field, walk), nullableValues: inner !== undefined };
    }
    case "record":
      if (walk.parents.includes(type))
        throw new Error(`field ${field.name}: a record that holds itself cannot be used`);
      return {
        kind: "record",
        fields: type.fields.map((child) => shapeOfField(child, false, { ...walk, parents: [...walk.parents, type] })),
      };
    case "null":
    case "float":
    case "double":
    case "union":
      break;
  }
  throw new Error(`field ${field.name}: an event's data cannot be of the Avro type ${type.kind} (schemas/README.md)`);
}

/** The annotations that bind a text. */
export function stringLimits({ attributes }: AvroField): { maxLength?: number; oneOf?: readonly string[] } {
  const { maxLength, oneOf } = attributes as { maxLength?: unknown; oneOf?: unknown };
  return {
    ...(typeof maxLength === "number" ? { maxLength } : {}),
    ...(Array.isArray(oneOf) ? { oneOf: oneOf.map(String) } : {}),
  };
}

/** The annotations that bind a number, as decimal text. */
export function rangeLimits({ attributes }: AvroField): Pick<Field, "minimum" | "maximum"> {
  return { ...textOf(attributes, "minimum"), ...textOf(attributes, "maximum") };
}

function textOf<K extends string>(attributes: AvroField["attributes"], name: K): Partial<Record<K, string>> {
  const value = attributes[name];
  return typeof value === "string" ? ({ [name]: value } as Partial<Record<K, string>>) : {};
}
