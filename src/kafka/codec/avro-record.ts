import { BridgeError } from "../../errors.ts";
import { avroLibrary } from "./avro-library.ts";
import { parseSchema } from "./avro-schema.ts";
import { readerOf } from "./read-value.ts";
import { unframe } from "./wire.ts";
import { builtFrom, readAll } from "./with-schema.ts";

/** A record of the bridge's own (a verdict, a dead letter): no event data, so it may hold bytes. */
export interface AvroRecord {
  readonly schemaId: number;
  /** Avro record name without namespace. */
  readonly name: string;
  /** Throws BridgeError INTERNAL when the value does not fit: the caller built it, so it is a defect. */
  encode(value: object): Buffer;
  /** Throws BridgeError RECORD_UNDECODABLE; bounded as Codec.decode is. */
  decode(value: Buffer): Readonly<Record<string, unknown>>;
}

/** Throws BridgeError RECORD_UNDECODABLE when the schema is not one of a record. */
export function createAvroRecord(schemaId: number, schemaText: string): AvroRecord {
  return builtFrom(schemaId, () => build(schemaId, schemaText));
}

function build(schemaId: number, schemaText: string): AvroRecord {
  const record = parseSchema(schemaText);
  const read = readerOf(record);
  const writer = avroLibrary.writer(JSON.parse(schemaText));
  return {
    schemaId,
    name: record.name,
    encode(value) {
      try {
        return writer.frame(schemaId, isWellFormed(value) ? value : wellFormed(value));
      } catch {
        // The cause is left out: avsc prints the value into its messages.
        throw new BridgeError("INTERNAL", `a value does not fit the schema of ${record.name}`);
      }
    },
    decode(value) {
      const framed = unframe(value);
      if (framed.kind !== "framed") throw new BridgeError("RECORD_UNDECODABLE", framed.detail);
      return readAll(framed.payload, read, record.name, schemaId) as Readonly<Record<string, unknown>>;
    },
  };
}

/**
 * avsc writes half a character (a lone surrogate, which any handler may answer) as bytes that are no UTF-8, and then
 * nobody could read the record.
 */
function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return value.map(wellFormed);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, wellFormed(inner)]));
}

/** Nearly always: then nothing is copied. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  return (
    typeof value !== "object" || value === null || Buffer.isBuffer(value) || Object.values(value).every(isWellFormed)
  );
}
