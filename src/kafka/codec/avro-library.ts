import avsc from "avsc";
import { canonicalInteger } from "../../model/data.ts";
import { integerMisfit } from "../../model/field-limits.ts";
import { frame, frameBytes, writeFrame } from "./wire.ts";

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
  /** The value in the registry's wire format, in memory of its own. Throws when it does not fit the schema. */
  frame(schemaId: number, value: unknown): Buffer;
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
  writer(rawSchema) {
    const type = typeOf(rawSchema);
    return {
      frame(schemaId, value) {
        const end = type.encode(value, scratch, frameBytes);
        // Negative: there is no room for it.
        if (end < 0) return frame(schemaId, type.toBuffer(value));
        writeFrame(scratch, schemaId);
        return Buffer.from(scratch.subarray(0, end));
      },
    };
  },
};

/** avsc writes a value of more than its own 1 KiB twice. */
const scratch = Buffer.allocUnsafeSlow(16 * 1024);

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
