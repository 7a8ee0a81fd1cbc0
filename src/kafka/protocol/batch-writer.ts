import { crc32c } from "@node-rs/crc32";
import { attributesAt, headBytes, magic, transactionalFlag, uncountedBytes } from "./batch-layout.ts";
import { Output, sizeOfField, sizeOfVarint } from "./output.ts";

type Bytes = Buffer | string | null;

/** A record as kafkajs has it. */
export interface OutboundMessage {
  readonly key?: Bytes;
  readonly value: Bytes;
  /** Milliseconds since 1970 UTC; else the batch's. */
  readonly timestamp?: string | undefined;
  readonly headers?: Readonly<Record<string, Bytes | readonly Bytes[] | undefined>> | undefined;
}

/** Whose batch it is: what an idempotent producer is known by. */
export interface BatchOwner {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly transactional: boolean;
}

/** The records of one batch with all that must be known before the first byte is written. */
export interface MeasuredBatch {
  readonly records: readonly MeasuredRecord[];
  readonly firstTimestampMs: number;
  readonly lastTimestampMs: number;
  /** Bytes of the whole batch. */
  readonly size: number;
}

interface MeasuredRecord {
  readonly key: Bytes;
  readonly value: Bytes;
  readonly headers: readonly Header[];
  readonly deltaMs: number;
  /** Bytes without its own length. */
  readonly size: number;
}

interface Header {
  readonly name: Buffer;
  readonly value: Bytes;
}

/** Works out how long a batch is. `nowMs`, milliseconds since 1970 UTC, for records that state no time. */
export function measureBatch(messages: readonly OutboundMessage[], nowMs: number): MeasuredBatch {
  const times = messages.map(({ timestamp }) => (timestamp === undefined ? nowMs : Number(timestamp)));
  const firstTimestampMs = times.reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY);
  const lastTimestampMs = times.reduce((most, ms) => Math.max(most, ms), Number.NEGATIVE_INFINITY);
  const records = messages.map((message, at) => measured(message, (times[at] ?? nowMs) - firstTimestampMs, at));
  const size = records.reduce((sum, record) => sum + sizeOfVarint(record.size) + record.size, headBytes);
  return { records, firstTimestampMs, lastTimestampMs, size };
}

/** Writes it, uncompressed, in Kafka's record format v2 (kafka.apache.org/documentation/#recordbatch). */
export function writeBatch(out: Output, batch: MeasuredBatch, owner: BatchOwner): void {
  const start = out.at;
  out.int64(0n);
  out.int32(batch.size - uncountedBytes);
  // The leader's epoch is the broker's to set.
  out.int32(0);
  out.int8(magic);
  const checksumAt = out.at;
  out.int32(0);
  out.int16(owner.transactional ? transactionalFlag : 0);
  out.int32(batch.records.length - 1);
  out.int64(BigInt(batch.firstTimestampMs));
  out.int64(BigInt(batch.lastTimestampMs));
  out.int64(owner.producerId);
  out.int16(owner.producerEpoch);
  out.int32(owner.firstSequence);
  out.int32(batch.records.length);
  batch.records.forEach((record, at) => {
    out.varint(record.size);
    writeRecord(out, record, at);
  });
  out.bytes.writeUInt32BE(crc32c(out.bytes.subarray(start + attributesAt, out.at)), checksumAt);
}

/** One record without its own length: so many milliseconds after its batch's first one, and at so many offsets behind it. */
export function recordBytes(message: OutboundMessage, deltaMs: number, at: number): Buffer {
  const record = measured(message, deltaMs, at);
  const out = new Output(record.size);
  writeRecord(out, record, at);
  return out.bytes;
}

function measured({ key = null, value, headers }: OutboundMessage, deltaMs: number, at: number): MeasuredRecord {
  const list = headers === undefined ? [] : headersOf(headers);
  let size = 1 + sizeOfVarint(deltaMs) + sizeOfVarint(at) + sizeOfField(key) + sizeOfField(value);
  size += sizeOfVarint(list.length);
  for (const header of list) size += header.name.length + sizeOfField(header.value);
  return { key, value, headers: list, deltaMs, size };
}

/** A header with several values stands there several times. */
function headersOf(headers: NonNullable<OutboundMessage["headers"]>): readonly Header[] {
  const list: Header[] = [];
  for (const key of Object.keys(headers)) {
    const name = nameField(key);
    const value = headers[key] ?? null;
    if (Array.isArray(value)) for (const one of value as readonly Bytes[]) list.push({ name, value: one });
    else list.push({ name, value: value as Bytes });
  }
  return list;
}

function writeRecord(out: Output, { key, value, headers, deltaMs }: MeasuredRecord, at: number): void {
  // No attributes of a record are in use.
  out.int8(0);
  out.varint(deltaMs);
  out.varint(at);
  out.field(key);
  out.field(value);
  out.varint(headers.length);
  for (const header of headers) {
    out.raw(header.name);
    out.field(header.value);
  }
}

/** Names of headers are few and the same in every record. */
const nameFields = new Map<string, Buffer>();
const mostNames = 1000;

function nameField(name: string): Buffer {
  const known = nameFields.get(name);
  if (known !== undefined) return known;
  const out = new Output(sizeOfField(name));
  out.field(name);
  if (nameFields.size < mostNames) nameFields.set(name, out.bytes);
  return out.bytes;
}
