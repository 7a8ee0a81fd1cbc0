import avsc from "avsc";
import { canonicalInteger } from "../../model/data.ts";
import { integerMisfit } from "../../model/field-limits.ts";

/**
 * The one place that knows avsc. It checks schemas and writes bytes; reading is ours (read-value.ts says why).
 * Decimals reach it as bytes already; a long may be a number or a bigint, which its own long type refuses past 2^53.
 */
export interface AvroLibrary {
  /** Throws when the schema breaks a rule of the Avro specification. */
  check(rawSchema: unknown): void;
  /** The type that writes values of a schema. */
  writer(rawSchema: unknown): AvroWriter;
}

export interface AvroWriter {
  toBuffer(value: unknown): Buffer;
}

const longType: avsc.Type = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => canonicalInteger(buffer.readBigInt64LE()),
  toBuffer(value: number | bigint) {
    const buffer = Buffer.allocUnsafe(8);
    buffer.writeBigInt64LE(BigInt(value));
    return buffer;
  },
  fromJSON: (value: number | string) => canonicalInteger(BigInt(value)),
  toJSON: (value: number | bigint) => (typeof value === "bigint" ? value.toString() : value),
  isValid: (value: unknown) => integerMisfit(value, "long") === undefined,
  compare: (left: number | bigint, right: number | bigint) => (left < right ? -1 : left > right ? 1 : 0),
});

export const avroLibrary: AvroLibrary = {
  check: (rawSchema) => void typeOf(rawSchema),
  writer: (rawSchema) => typeOf(rawSchema),
};

/** An avsc type with the long type above. Also what the registry client is given to build its types with. */
export function typeOf(rawSchema: unknown): avsc.Type {
  return avsc.Type.forSchema(rawSchema as avsc.Schema, {
    typeHook: (schema) => (isLongSchema(schema) ? longType : undefined),
  });
}

function isLongSchema(schema: unknown): boolean {
  return (
    schema === "long" || (typeof schema === "object" && schema !== null && "type" in schema && schema.type === "long")
  );
}
