import { crc32c } from "@node-rs/crc32";

/** Kafka's record batches byte by byte, as no library writes them (kafka.apache.org/documentation/#recordbatch). */

const headBytes = 61;
const coveredFrom = 21;

/** Zigzag, seven bits a byte, of at most 64 bits. */
export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  const wide = BigInt(value);
  let rest = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.of(...bytes, Number(rest));
}

export function recordOf(...parts: readonly (Buffer | string)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}

/** As a library writes it: attributes, time, offset, key, no value, no headers. */
export function plainRecord(offset: number, key: string): Buffer {
  return recordOf(Buffer.of(0), varint(0), varint(offset), varint(key.length), key, varint(-1), varint(0));
}

/** Five, as a length in five bytes with a bit past the 32nd; and a negative length that is not -1. */
export const [overlongFive, minusTwo] = [Buffer.of(0x8a, 0x80, 0x80, 0x80, 0x10), varint(-2)] as const;

export interface RawBatch {
  readonly records: readonly Buffer[];
  /** What stands where the records do, in their place. */
  readonly body?: Buffer;
  readonly firstOffset?: number;
  /** Of the last record, past the first offset. */
  readonly lastDelta?: number;
  readonly timestampMs?: bigint;
  readonly attributes?: number;
  readonly producerId?: bigint;
  /** How many records it says that it has. */
  readonly count?: number;
}

/** Records as they stand in a batch, each behind its length. */
export function bodyOf(records: readonly Buffer[]): Buffer {
  return Buffer.concat(records.flatMap((record) => [varint(record.length), record]));
}

export function rawBatch({
  records,
  body = bodyOf(records),
  count = records.length,
  firstOffset = 0,
  lastDelta = count - 1,
  timestampMs = 0n,
  attributes = 0,
  producerId = -1n,
}: RawBatch): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeBigInt64BE(BigInt(firstOffset), 0);
  head.writeInt32BE(headBytes + body.length - 12, 8);
  head[16] = 2;
  head.writeInt16BE(attributes, 21);
  head.writeInt32BE(lastDelta, 23);
  head.writeBigInt64BE(timestampMs, 27);
  head.writeBigInt64BE(timestampMs, 35);
  // No epoch and sequence.
  head.fill(0xff, 43, 57);
  head.writeBigInt64BE(producerId, 43);
  head.writeInt32BE(count, 57);
  const batch = Buffer.concat([head, body]);
  batch.writeUInt32BE(crc32c(batch.subarray(coveredFrom)), 17);
  return batch;
}
