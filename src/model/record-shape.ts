/** What an event's record looks like, read from its Avro schema and that schema's annotations (schemas/README.md). */

export type FieldType =
  | { readonly kind: "boolean" }
  | { readonly kind: "int" }
  | { readonly kind: "long" }
  | { readonly kind: "string"; readonly maxLength?: number; readonly oneOf?: readonly string[] }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "list"; readonly items: FieldType }
  | { readonly kind: "map"; readonly values: FieldType; readonly nullableValues: boolean }
  | { readonly kind: "record"; readonly fields: readonly Field[] };

/**
 * What a field is to billing. Fields of the roles id, tenant (a key that says whose the object is), balance and
 * record-time can never be changed by a handler (docs/handlers.md).
 */
export type FieldRole = "plain" | "id" | "tenant" | "balance" | "record-time";

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** Whether null is a legal value of the field itself (a sparse record's "absent" does not count). */
  readonly nullable: boolean;
  /** Masked wherever people look: logs, decisions, pages, errors. Handlers do receive it. */
  readonly secret: boolean;
  readonly role: FieldRole;
  /** Smallest and largest legal value of a number, as decimal text. */
  readonly minimum?: string;
  readonly maximum?: string;
}

export interface RecordShape {
  /** Avro record name without namespace. */
  readonly record: string;
  /** Sparse records hold only what changed; the others hold every field. */
  readonly sparse: boolean;
  /** In schema order, without the bookkeeping field `changed_fields`. */
  readonly fields: readonly Field[];
}

/** The field of a name, or undefined. */
export function fieldOf(shape: RecordShape, name: string): Field | undefined {
  return shape.fields.find((field) => field.name === name);
}
