import type { HeaderValue } from "../../model/record.ts";
import { Input } from "./input.ts";

/** A record as kafkajs hands it out, in memory of its own: its key, value and headers share one buffer of their size. */
export interface FetchedMessage {
  readonly magicByte: number;
  readonly attributes: number;
  /** Milliseconds since 1970 UTC, as text. */
  readonly timestamp: string;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Without a prototype and without those that are null. */
  readonly headers: Readonly<Record<string, HeaderValue>>;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;
  /** Tells it from one of kafkajs's, which holds the whole answer it came in. */
  readonly ownMemory: true;
}

/** What kafkajs's consumer asks of a record's batch: whether a transaction that was given up wrote it. */
export interface BatchContext {
  readonly firstOffset: string;
  readonly producerId: string;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
}

/** Fields of a batch before its records, from the base offset on. */
export const headBytes = 61;
/** Bytes before the batch's own length begins to count. */
export const uncountedBytes = 12;

const magic = 2;
const [magicAt, attributesAt] = [16, 21];
const [compressionMask, appendTimeFlag, transactionalFlag, controlFlag] = [0x7, 0x8, 0x10, 0x20];

/** Whether a batch is one that `readBatch` reads: of format v2, and not compressed. */
export function isPlain(bytes: Buffer, at: number): boolean {
  return bytes[at + magicAt] === magic && (bytes.readInt16BE(at + attributesAt) & compressionMask) === 0;
}

/**
 * Adds the records of the batch that begins there (kafka.apache.org/documentation/#recordbatch). The checksum is not looked
 * at: the broker did, and kafkajs does not either. Throws RangeError where a length passes the end.
 */
export function readBatch(input: Input, messages: FetchedMessage[]): void {
  const firstOffset = input.int64();
  const end = input.at + 4 + input.int32();
  input.at += 9;
  const attributes = input.int16();
  input.at += 4;
  const firstTimestamp = input.int64();
  const lastTimestamp = input.int64();
  const context: BatchContext = {
    firstOffset: firstOffset.toString(),
    producerId: input.int64().toString(),
    inTransaction: (attributes & transactionalFlag) !== 0,
    isControlBatch: (attributes & controlFlag) !== 0,
  };
  input.at += 6;
  const appendedAt = (attributes & appendTimeFlag) !== 0 ? lastTimestamp.toString() : null;
  for (let left = input.int32(); left > 0; left--) {
    const record = new Input(input.copy(input.varint()));
    const recordAttributes = record.int8();
    const timestamp = plus(firstTimestamp, record.varint());
    const offset = plus(firstOffset, record.varint());
    messages.push({
      magicByte: magic,
      attributes: recordAttributes,
      timestamp: appendedAt ?? timestamp,
      offset,
      key: record.field(),
      value: record.field(),
      headers: readHeaders(record),
      isControlRecord: context.isControlBatch,
      batchContext: context,
      ownMemory: true,
    });
  }
  input.at = end;
}

function plus(first: bigint, delta: number): string {
  const sum = Number(first) + delta;
  return Number.isSafeInteger(sum) ? String(sum) : (first + BigInt(delta)).toString();
}

/** A name is only a name, "constructor" too, and one that stands several times is a list. */
function readHeaders(record: Input): Readonly<Record<string, HeaderValue>> {
  const headers = Object.create(null) as Record<string, Buffer | Buffer[]>;
  for (let left = record.varint(); left > 0; left--) {
    const name = record.text();
    const value = record.field();
    if (value === null) continue;
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else headers[name] = [before, value];
  }
  return headers;
}
