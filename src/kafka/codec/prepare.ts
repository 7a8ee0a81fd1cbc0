import { isList, type Value, type ValueMap } from "../../model/data.ts";
import type { AvroField, AvroRecordType, AvroType } from "./avro-schema.ts";
import { defaultOf } from "./defaults.ts";
import { decimalPreparer, integerPreparer, type Prepare, prepareBoolean, stringPreparer } from "./prepare-scalar.ts";
import type { Problems } from "./problems.ts";
import { changedFields, orNull } from "./shape.ts";

type Prepared = Record<string, unknown>;
type PrepareRecord = (data: ValueMap, path: string, problems: Problems) => Prepared;

/** Full records: every field is written, the default where the data has none. For types that shapeOf accepts. */
export function fullPreparer(record: AvroRecordType): PrepareRecord {
  const fields = record.fields.map((field) => ({
    name: field.name,
    fallback: defaultOf(field),
    nullable: orNull(field.type) !== undefined,
    prepare: preparerOf(orNull(field.type) ?? field.type, field),
  }));
  const names = new Set(record.fields.map((field) => field.name));
  return (data, path, problems) => {
    refuseUnknown(data, names, path, problems);
    const prepared: Prepared = {};
    for (const { name, fallback, nullable, prepare } of fields) {
      const value = ownValue(data, name, fallback);
      if (value === undefined) problems.add(path + name, "is required");
      else prepared[name] = valueOrNull(value, nullable, prepare, path + name, problems);
    }
    return prepared;
  };
}

/**
 * Sparse records: a key that is there is a change, even when it is null; a key that is not there is absent.
 * Fields whose Avro type has no null (the id, extra) are written always and never listed as changed.
 * A change has few of a record's many fields: only those are looked at, in the schema's order.
 */
export function sparsePreparer(record: AvroRecordType): PrepareRecord {
  const fields = record.fields.filter((field) => field.name !== changedFields).map(sparseField);
  const byName = new Map(fields.map((field) => [field.name, field]));
  const always = fields.filter(({ listed }) => !listed);
  const blank: Prepared = Object.fromEntries(record.fields.map(({ name }) => [name, null]));
  return (data, path, problems) => {
    const prepared: Prepared = { ...blank };
    const changes: SparseField[] = [];
    for (const key of Object.keys(data)) {
      const field = byName.get(key);
      if (field === undefined) problems.add(path + key, "is not a field of the record");
      else if (field.listed && data[key] !== undefined) changes.push(field);
    }
    changes.sort((left, right) => left.at - right.at);
    for (const { name, fallback, prepare } of always) {
      const value = ownValue(data, name, fallback);
      if (value === undefined) problems.add(path + name, "is required");
      else prepared[name] = valueOrNull(value, false, prepare, path + name, problems);
    }
    for (const { name, nullable, prepare } of changes) {
      prepared[name] = valueOrNull(data[name] ?? null, nullable, prepare, path + name, problems);
    }
    prepared[changedFields] = changes.map(({ name }) => name);
    return prepared;
  };
}

interface SparseField {
  readonly name: string;
  /** Its place in the schema. */
  readonly at: number;
  /** Whether it is named as changed when it is there. */
  readonly listed: boolean;
  readonly fallback: Value | undefined;
  readonly nullable: boolean;
  readonly prepare: Prepare;
}

function sparseField(field: AvroField, at: number): SparseField {
  const inner = orNull(field.type);
  return {
    name: field.name,
    at,
    listed: inner !== undefined,
    fallback: inner === undefined ? defaultOf(field) : undefined,
    nullable: inner !== undefined && field.attributes["nullable"] === true,
    prepare: preparerOf(inner ?? field.type, field),
  };
}

function preparerOf(type: AvroType, field: AvroField): Prepare {
  switch (type.kind) {
    case "boolean":
      return prepareBoolean;
    case "int":
    case "long":
      return integerPreparer(type.kind, field);
    case "string":
    case "enum":
      return stringPreparer(type, field);
    case "bytes":
    case "fixed":
      if (type.decimal === null) break;
      return decimalPreparer(type.decimal, type.kind === "fixed" ? type.size : undefined, field);
    case "list":
      return listPreparer(preparerOf(type.items, field));
    case "map": {
      const inner = orNull(type.values);
      return mapPreparer(preparerOf(inner ?? type.values, field), inner !== undefined);
    }
    case "record":
      return recordPreparer(type);
    case "null":
    case "float":
    case "double":
    case "union":
      break;
  }
  throw new Error(`field ${field.name}: cannot be written`);
}

function listPreparer(prepare: Prepare): Prepare {
  return (value, path, problems) => {
    if (value !== null && isList(value)) {
      return value.map((item, at) => valueOrNull(item, false, prepare, `${path}[${at}]`, problems));
    }
    problems.add(path, "must be a list");
    return [];
  };
}

function mapPreparer(prepare: Prepare, nullableValues: boolean): Prepare {
  return (value, path, problems) => {
    if (!isMap(value)) {
      problems.add(path, "must be a map");
      return {};
    }
    const entries: Prepared = {};
    for (const [key, entry] of Object.entries(value)) {
      if (key === "__proto__" || !key.isWellFormed()) problems.add(path, "has an entry whose name cannot be used");
      else entries[key] = valueOrNull(entry, nullableValues, prepare, `${path}.${key}`, problems);
    }
    return entries;
  };
}

function recordPreparer(type: AvroRecordType): Prepare {
  const prepare = fullPreparer(type);
  return (value, path, problems) => {
    if (isMap(value)) return prepare(value, `${path}.`, problems);
    problems.add(path, "must be a record");
    return {};
  };
}

function valueOrNull(value: Value, nullable: boolean, prepare: Prepare, path: string, problems: Problems): unknown {
  if (value !== null) return prepare(value, path, problems);
  if (!nullable) problems.add(path, "must not be null");
  return null;
}

function refuseUnknown(data: ValueMap, names: ReadonlySet<string>, path: string, problems: Problems): void {
  for (const key of Object.keys(data)) {
    if (!names.has(key)) problems.add(path + key, "is not a field of the record");
  }
}

/** The fallback when the key is not there, or holds undefined, which callers without types may pass. */
function ownValue(data: ValueMap, name: string, fallback: Value | undefined): Value | undefined {
  const value = Object.hasOwn(data, name) ? data[name] : undefined;
  return value === undefined ? fallback : value;
}

function isMap(value: Value): value is ValueMap {
  return typeof value === "object" && value !== null && !isList(value);
}
