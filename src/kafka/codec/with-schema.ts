import { BridgeError, messageOf } from "../../errors.ts";
import { Cursor, UndecodableBytes } from "./cursor.ts";

/** What is built from a schema. Throws BridgeError RECORD_UNDECODABLE, whatever is wrong with it. */
export function builtFrom<T>(schemaId: number, build: () => T): T {
  try {
    return build();
  } catch (cause) {
    throw new BridgeError("RECORD_UNDECODABLE", `the schema ${schemaId} cannot be used: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/**
 * Reads a whole payload; bytes left over mean that it was written with another schema. Throws BridgeError
 * RECORD_UNDECODABLE, which names the record and its schema.
 */
export function readAll<T>(payload: Buffer, read: (cursor: Cursor) => T, record: string, schemaId: number): T {
  try {
    const cursor = new Cursor(payload);
    const value = read(cursor);
    if (cursor.rest > 0) throw new UndecodableBytes(`${cursor.rest} bytes are left over`);
    return value;
  } catch (cause) {
    // Whatever it is (a stack overflow too): these bytes cannot be read. Only our own messages are sure to hold no value.
    const why = cause instanceof UndecodableBytes ? cause.message : "the bytes do not fit the schema";
    throw new BridgeError("RECORD_UNDECODABLE", `${record} (schema ${schemaId}): ${why}`, { cause });
  }
}
