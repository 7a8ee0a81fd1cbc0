import { type DecimalForm, decimalText, fitsPrecision } from "../../model/decimal.ts";
import type { AvroField, AvroRecordType, AvroType } from "./avro-schema.ts";
import type { Cursor } from "./cursor.ts";
import { UndecodableBytes } from "./cursor.ts";
import { bytesToUnscaled } from "./decimal-bytes.ts";

/**
 * Reads values straight into their canonical forms (model/data.ts). Ours rather than avsc's, which trusts counts
 * (`new Array(n)` of a count in the record: ten bytes occupy it for minutes), notices the end of the bytes only
 * afterwards, and loses a map key named __proto__. Tests compare the two.
 */
export type ReadValue = (cursor: Cursor) => unknown;

/** What reads one value of a type. Records that refer to themselves are allowed. */
export function readerOf(type: AvroType): ReadValue {
  return compile(type, new Map());
}

type Compiled = Map<AvroRecordType, ReadValue>;

function compile(type: AvroType, compiled: Compiled): ReadValue {
  switch (type.kind) {
    case "null":
      return () => null;
    case "boolean":
    case "int":
    case "long":
    case "float":
    case "double":
    case "string": {
      const { kind } = type;
      return (cursor) => cursor[kind]();
    }
    case "bytes":
      return type.decimal === null
        ? (cursor) => cursor.bytes()
        : decimalReader(type.decimal, (cursor) => cursor.bytes());
    case "fixed": {
      const { size, decimal } = type;
      return decimal === null ? (cursor) => cursor.fixed(size) : decimalReader(decimal, (cursor) => cursor.fixed(size));
    }
    case "enum":
      return (cursor) => pick(type.symbols, cursor, "enum");
    case "list":
      return listReader(compile(type.items, compiled));
    case "map":
      return mapReader(compile(type.values, compiled));
    case "union": {
      const branches = type.branches.map((branch) => compile(branch, compiled));
      return (cursor) => pick(branches, cursor, "union")(cursor);
    }
    case "record":
      return recordReader(type, compiled);
  }
}

function pick<T>(choices: readonly T[], cursor: Cursor, what: string): T {
  const choice = choices[Number(cursor.long())];
  if (choice === undefined) throw new UndecodableBytes(`no such branch of an ${what}`);
  return choice;
}

function decimalReader(form: DecimalForm, bytesOf: (cursor: Cursor) => Buffer): ReadValue {
  return (cursor) => {
    const unscaled = bytesToUnscaled(bytesOf(cursor));
    if (unscaled === undefined || !fitsPrecision(unscaled, form.precision))
      throw new UndecodableBytes("a decimal passes its precision");
    return decimalText({ unscaled, scale: form.scale });
  };
}

function listReader(readItem: ReadValue): ReadValue {
  return (cursor) => {
    const items: unknown[] = [];
    for (let count = cursor.blockCount(); count > 0; count = cursor.blockCount()) {
      for (; count > 0; count--) items.push(readItem(cursor));
    }
    return items;
  };
}

function mapReader(readEntry: ReadValue): ReadValue {
  return (cursor) => {
    const entries: Record<string, unknown> = {};
    for (let count = cursor.blockCount(); count > 0; count = cursor.blockCount()) {
      for (; count > 0; count--) {
        const key = cursor.string();
        if (key === "__proto__") throw new UndecodableBytes("an entry of a map cannot be named __proto__");
        entries[key] = readEntry(cursor);
      }
    }
    return entries;
  };
}

function recordReader(type: AvroRecordType, compiled: Compiled): ReadValue {
  const known = compiled.get(type);
  if (known !== undefined) return known;
  const fields: { readonly name: AvroField["name"]; readonly read: ReadValue }[] = [];
  const read: ReadValue = (cursor) => {
    const values: Record<string, unknown> = {};
    for (const field of fields) values[field.name] = field.read(cursor);
    return values;
  };
  compiled.set(type, read);
  for (const field of type.fields) fields.push({ name: field.name, read: compile(field.type, compiled) });
  return read;
}
