import { avroLibrary } from "./avro-library.ts";
import { maxPrecision } from "./decimal-bytes.ts";

/** An Avro schema with its names resolved and the extra attributes of its fields kept (avsc drops them). */
export type AvroType =
  | { readonly kind: "null" | "boolean" | "int" | "long" | "float" | "double" | "string" }
  | { readonly kind: "bytes"; readonly decimal: DecimalOf | null }
  | { readonly kind: "fixed"; readonly size: number; readonly decimal: DecimalOf | null }
  | { readonly kind: "enum"; readonly symbols: readonly string[] }
  | { readonly kind: "list"; readonly items: AvroType }
  | { readonly kind: "map"; readonly values: AvroType }
  | { readonly kind: "union"; readonly branches: readonly AvroType[] }
  | AvroRecordType;

export interface DecimalOf {
  readonly precision: number;
  readonly scale: number;
}

export interface AvroRecordType {
  readonly kind: "record";
  /** Without namespace. */
  readonly name: string;
  readonly doc: string;
  readonly fields: readonly AvroField[];
}

export interface AvroField {
  readonly name: string;
  readonly doc: string;
  readonly type: AvroType;
  /** Undefined: the field has no default. Otherwise Avro's JSON form of it. */
  readonly default: { readonly json: unknown } | undefined;
  /** Every attribute of the field as it stands in the schema, annotations included. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

type Raw = Readonly<Record<string, unknown>>;
type Names = Map<string, AvroType>;

const primitives = ["null", "boolean", "int", "long", "float", "double", "string"] as const;

/** Reads the schema of a record. Throws Error when it is not a valid Avro schema of one. */
export function parseSchema(text: string): AvroRecordType {
  const raw: unknown = JSON.parse(text);
  // The library knows every rule of the specification; what it accepts is well formed, and only that is walked below.
  avroLibrary.check(raw);
  const type = resolve(raw, "", new Map());
  if (type.kind !== "record") throw new Error(`the schema is of type ${type.kind}, not a record`);
  return type;
}

function resolve(raw: unknown, namespace: string, names: Names): AvroType {
  if (typeof raw === "string") return named(raw, namespace, names);
  if (Array.isArray(raw)) return { kind: "union", branches: raw.map((branch) => resolve(branch, namespace, names)) };
  const schema = raw as Raw;
  const inner = typeof schema["namespace"] === "string" ? schema["namespace"] : namespace;
  const remember = <T extends AvroType>(type: T): T => {
    names.set(fullName(String(schema["name"]), inner), type);
    return type;
  };
  switch (schema["type"]) {
    case "record":
      return record(schema, inner, names, remember);
    case "enum":
      return remember({ kind: "enum", symbols: schema["symbols"] as readonly string[] });
    case "fixed":
      return remember({ kind: "fixed", size: Number(schema["size"]), decimal: decimalOf(schema) });
    case "array":
      return { kind: "list", items: resolve(schema["items"], inner, names) };
    case "map":
      return { kind: "map", values: resolve(schema["values"], inner, names) };
    case "bytes":
      return { kind: "bytes", decimal: decimalOf(schema) };
    default:
      return resolve(schema["type"], inner, names);
  }
}

function record(
  schema: Raw,
  namespace: string,
  names: Names,
  remember: (type: AvroRecordType) => AvroRecordType,
): AvroRecordType {
  const fields: AvroField[] = [];
  // Remembered before its fields are read: a record may refer to itself.
  const type = remember({ kind: "record", name: bareName(String(schema["name"])), doc: textOf(schema["doc"]), fields });
  for (const field of schema["fields"] as readonly Raw[]) {
    const name = String(field["name"]);
    // Assigning it to an object would set that object's prototype.
    if (name === "__proto__") throw new Error("a field cannot be named __proto__");
    fields.push({
      name,
      doc: textOf(field["doc"]),
      type: resolve(field["type"], namespace, names),
      default: Object.hasOwn(field, "default") ? { json: field["default"] } : undefined,
      attributes: field,
    });
  }
  return type;
}

function named(name: string, namespace: string, names: Names): AvroType {
  const primitive = primitives.find((known) => known === name);
  if (primitive !== undefined) return { kind: primitive };
  if (name === "bytes") return { kind: "bytes", decimal: null };
  const known = names.get(fullName(name, namespace)) ?? names.get(name);
  if (known === undefined) throw new Error(`the type ${name} is not defined`);
  return known;
}

/** As the specification says, an invalid logical type is ignored: the bytes are then plain bytes. */
function decimalOf(schema: Raw): DecimalOf | null {
  const {
    logicalType,
    precision,
    scale = 0,
  } = schema as { logicalType?: unknown; precision?: unknown; scale?: unknown };
  const valid =
    logicalType === "decimal" &&
    Number.isInteger(precision) &&
    Number.isInteger(scale) &&
    Number(precision) >= 1 &&
    Number(precision) <= maxPrecision &&
    Number(scale) >= 0 &&
    Number(scale) <= Number(precision);
  return valid ? { precision: Number(precision), scale: Number(scale) } : null;
}

function fullName(name: string, namespace: string): string {
  return name.includes(".") || namespace === "" ? name : `${namespace}.${name}`;
}

function bareName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
