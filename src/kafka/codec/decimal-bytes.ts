/** How Avro writes the unscaled integer of a decimal: big-endian two's complement. Its text is model/decimal.ts. */

/** Bytes of the largest unscaled value that is read: 10^150 and more than any precision in use. */
const maxBytes = 64;
export const maxPrecision = 150;

/** The shortest two's complement; with `size` (of an Avro fixed), padded to it. */
export function unscaledToBytes(unscaled: bigint, size?: number): Buffer {
  let length = size ?? 1;
  if (size === undefined) while (BigInt.asIntN(length * 8, unscaled) !== unscaled) length++;
  const hex = BigInt.asUintN(length * 8, unscaled)
    .toString(16)
    .padStart(length * 2, "0");
  return Buffer.from(hex, "hex");
}

/** Undefined when the bytes are too many to be a decimal that this project reads. */
export function bytesToUnscaled(bytes: Buffer): bigint | undefined {
  if (bytes.length === 0) return 0n;
  // Most amounts fit 6 bytes, where reading is some ten times cheaper than by way of hexadecimal text.
  if (bytes.length <= 6) return BigInt(bytes.readIntBE(0, bytes.length));
  if (bytes.length > maxBytes) return undefined;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString("hex")}`));
}
