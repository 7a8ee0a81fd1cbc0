/**
 * The wire format of Confluent's schema registry: magic byte 0, the schema id in 4 bytes big-endian, the Avro bytes.
 */

export type Unframed =
  | { readonly kind: "framed"; readonly schemaId: number; readonly payload: Buffer }
  | { readonly kind: "not-wire-format"; readonly detail: string };

/** Bytes before the Avro part. */
export const frameBytes = 5;

export function frame(schemaId: number, payload: Buffer): Buffer {
  const value = Buffer.allocUnsafe(frameBytes + payload.length);
  writeFrame(value, schemaId);
  payload.copy(value, frameBytes);
  return value;
}

/** The first bytes, before an Avro part that stands there already. */
export function writeFrame(value: Buffer, schemaId: number): void {
  value[0] = 0;
  value.writeUInt32BE(schemaId, 1);
}

/** Never throws; `payload` shares the memory of `value`. */
export function unframe(value: Buffer): Unframed {
  if (value.length < frameBytes) {
    return { kind: "not-wire-format", detail: `${value.length} bytes are too few for the registry's wire format` };
  }
  if (value[0] !== 0) {
    return { kind: "not-wire-format", detail: `the first byte is ${value[0] ?? ""}, the registry's wire format has 0` };
  }
  return { kind: "framed", schemaId: value.readUInt32BE(1), payload: value.subarray(frameBytes) };
}
