import { type AvroField, type AvroRecordType, type AvroType, parseSchema } from "../../src/kafka/codec/avro-schema.ts";
import { changedFields, orNull } from "../../src/kafka/codec/shape.ts";
import { schemaOfEvent, shapeOfEvent } from "../../src/kafka/registry/schemas.ts";
import type { EventType } from "../../src/model/event-catalogue.ts";
import type { Field, FieldType } from "../../src/model/record-shape.ts";

const fixedRoles = {
  id: "id: never changeable",
  tenant: "whose it is: never changeable",
  balance: "balance: never changeable",
  "record-time": "time of record: never changeable",
} as const;

/** A row for each field of an event, nested ones after the field they are in: name, type, null, notes, meaning. */
export function fieldRows(type: EventType): readonly (readonly string[])[] {
  return rowsOf(shapeOfEvent(type).fields, parseSchema(schemaOfEvent(type).text), "");
}

// The shape says what a field is, the schema alone what it means.
function rowsOf(fields: readonly Field[], record: AvroRecordType, path: string): readonly (readonly string[])[] {
  return fields.flatMap((field) => {
    const written = record.fields.find(({ name }) => name === field.name);
    if (written === undefined || written.name === changedFields) throw new Error(`${record.name}.${field.name}`);
    const here = `${path}${field.name}`;
    const inner = nested(field.type);
    const row = [`\`${here}\``, typeText(field.type), field.nullable ? "yes" : "", notes(field), written.doc];
    if (inner === null) return [row];
    return [row, ...rowsOf(inner.fields, recordIn(written), `${here}${inner.suffix}.`)];
  });
}

function notes(field: Field): string {
  const { minimum, maximum } = field;
  return [
    ...(field.secret ? ["**secret**"] : []),
    ...(field.role === "plain" ? [] : [fixedRoles[field.role]]),
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
  ].join("; ");
}

function typeText(type: FieldType): string {
  switch (type.kind) {
    case "boolean":
      return "boolean";
    case "int":
      return "integer (32 bits)";
    case "long":
      return "integer (64 bits)";
    case "string":
      if (type.oneOf !== undefined) return type.oneOf.map((value) => `\`${value}\``).join(", ");
      return type.maxLength === undefined ? "text" : `text, at most ${type.maxLength}`;
    case "decimal":
      return `decimal, ${type.scale} places`;
    case "list":
      return type.items.kind === "record" ? "list of objects" : `list of: ${typeText(type.items)}`;
    case "map":
      return `map to ${typeText(type.values)}${type.nullableValues ? " or null" : ""}`;
    case "record":
      return "object";
  }
}

function nested(type: FieldType): { readonly fields: readonly Field[]; readonly suffix: string } | null {
  if (type.kind === "record") return { fields: type.fields, suffix: "" };
  if (type.kind === "list" && type.items.kind === "record") return { fields: type.items.fields, suffix: "[]" };
  return null;
}

function recordIn(field: AvroField): AvroRecordType {
  const inside = (type: AvroType): AvroType => (type.kind === "list" ? inside(type.items) : (orNull(type) ?? type));
  const type = inside(inside(field.type));
  if (type.kind !== "record") throw new Error(`${field.name} holds no record`);
  return type;
}
