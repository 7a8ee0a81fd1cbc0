import { BridgeError, ProblemsError } from "../../errors.ts";
import type { Data, Value } from "../../model/data.ts";
import type { Recode } from "../../model/reading.ts";
import type { RecordShape } from "../../model/record-shape.ts";
import { avroLibrary } from "./avro-library.ts";
import { type AvroRecordType, parseSchema } from "./avro-schema.ts";
import { type Cursor, UndecodableBytes } from "./cursor.ts";
import { fullPreparer, sparsePreparer } from "./prepare.ts";
import { Problems } from "./problems.ts";
import { type ReadValue, readerOf } from "./read-value.ts";
import { changedFields, extraField, isSparse, orNull, shapeOf } from "./shape.ts";
import { unframe } from "./wire.ts";
import { builtFrom, readAll } from "./with-schema.ts";

/** Turns an event's data into a Kafka value and back, with one registered schema: the writer's own. */
export interface Codec {
  readonly schemaId: number;
  readonly shape: RecordShape;
  /**
   * Full records: fields with a default may be absent. Sparse records: what is there is what changed.
   * Throws ProblemsError DATA_INVALID that names every field at fault and holds no value.
   */
  encode(data: Data): Buffer;
  /**
   * Canonical data. Full records: every field, but `extra` only when it has entries. Sparse: the id and what changed.
   * Annotations (oneOf, maxLength ...) bind who writes: what does not keep them is read nevertheless.
   * Throws BridgeError RECORD_UNDECODABLE, in time and memory bounded by the size of the value.
   */
  decode(value: Buffer): Data;
  readonly recode: Recode;
}

/** Throws BridgeError RECORD_UNDECODABLE when the schema cannot hold an event's data (schemas/README.md). */
export function createCodec(schemaId: number, schemaText: string): Codec {
  return builtFrom(schemaId, () => build(schemaId, schemaText));
}

function build(schemaId: number, schemaText: string): Codec {
  const record = parseSchema(schemaText);
  const shape = shapeOf(record);
  const sparse = isSparse(record);
  const prepare = sparse ? sparsePreparer(record) : fullPreparer(record);
  const read = sparse ? sparseReader(record) : fullReader(record);
  const writer = avroLibrary.writer(JSON.parse(schemaText));

  const encode = (data: Data): Buffer => {
    const problems = new Problems();
    const prepared = prepare(data, "", problems);
    if (problems.any) {
      throw new ProblemsError("DATA_INVALID", `the data does not fit ${record.name}:`, problems.list());
    }
    return writer.frame(schemaId, prepared);
  };
  const decode = (value: Buffer): Data => {
    const framed = unframe(value);
    if (framed.kind !== "framed") throw new BridgeError("RECORD_UNDECODABLE", framed.detail);
    if (framed.schemaId !== schemaId) {
      throw new BridgeError("RECORD_UNDECODABLE", `the record names the schema ${framed.schemaId}, not ${schemaId}`);
    }
    return readAll(framed.payload, read, record.name, schemaId);
  };
  const recode: Recode = (data) => {
    const value = encode(data);
    return { data: decode(value), value };
  };
  return { schemaId, shape, encode, decode, recode };
}

type ReadRecord = (cursor: Cursor) => Data;

function fullReader(record: AvroRecordType): ReadRecord {
  const fields = record.fields.map(({ name, type }) => ({ name, read: readerOf(type) }));
  return (cursor) => {
    const data: Record<string, Value> = {};
    for (const { name, read } of fields) {
      const value = read(cursor) as Value;
      if (name !== extraField || !isEmptyMap(value)) data[name] = value;
    }
    return data;
  };
}

function sparseReader(record: AvroRecordType): ReadRecord {
  const fields: readonly { readonly name: string; readonly listed: boolean; readonly read: ReadValue }[] =
    record.fields.map(({ name, type }) => ({ name, listed: orNull(type) !== undefined, read: readerOf(type) }));
  const names = new Set(record.fields.map(({ name }) => name));
  const listAt = fields.findIndex(({ name }) => name === changedFields);
  return (cursor) => {
    const values = fields.map(({ read }) => read(cursor) as Value);
    const changed = new Set(values[listAt] as readonly string[]);
    for (const name of changed) {
      if (!names.has(name)) throw new UndecodableBytes(`${changedFields} names a field that the schema does not have`);
    }
    const data: Record<string, Value> = {};
    fields.forEach(({ name, listed }, at) => {
      const value = values[at] ?? null;
      if (name === changedFields) return;
      if (!listed ? name !== extraField || !isEmptyMap(value) : changed.has(name)) data[name] = value;
      // Dropping it would lose a change; taking it would guess.
      else if (value !== null && listed) throw new UndecodableBytes(`${name} is set but not in ${changedFields}`);
    });
    return data;
  };
}

function isEmptyMap(value: Value): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
