import type { HeaderValue } from "../../model/record.ts";
import {
  appendTimeFlag,
  attributesAt,
  compressionMask,
  controlFlag,
  countAt,
  headBytes,
  magic,
  magicAt,
  transactionalFlag,
  uncountedBytes,
} from "./batch-layout.ts";
import { Input } from "./input.ts";
import { unreadableHeader } from "./unreadable-header.ts";

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

/** Whether a batch is one that `readBatch` reads: of format v2, and not compressed. */
export function isPlain(bytes: Buffer, at: number): boolean {
  return bytes[at + magicAt] === magic && (bytes.readInt16BE(at + attributesAt) & compressionMask) === 0;
}

/**
 * Adds the records of the batch that begins there (kafka.apache.org/documentation/#recordbatch). The checksum is not looked
 * at: the broker did, and kafkajs does not either. Throws RangeError where the length of the batch or of a record is impossible.
 */
export function readBatch(input: Input, messages: FetchedMessage[]): void {
  const start = input.at;
  const firstOffset = input.int64();
  const length = input.int32();
  const end = input.at + length;
  if (length < headBytes - uncountedBytes) throw new RangeError("a batch is shorter than its head");
  input.at = start + attributesAt;
  const attributes = input.int16();
  const lastDelta = input.int32();
  const firstTimestamp = input.int64();
  const lastTimestamp = input.int64();
  const context: BatchContext = {
    firstOffset: firstOffset.toString(),
    producerId: input.int64().toString(),
    inTransaction: (attributes & transactionalFlag) !== 0,
    isControlBatch: (attributes & controlFlag) !== 0,
  };
  input.at = start + countAt;
  const appendedAt = (attributes & appendTimeFlag) !== 0 ? lastTimestamp.toString() : null;
  const batch: Batch = { context, firstOffset, firstTimestamp, appendedAt, least: 0 };
  for (let left = input.int32(); left > 0; left--) {
    messages.push(readRecord(input.copy(input.varint()), batch, lastDelta - left + 1));
  }
  input.at = end;
}

interface Batch {
  readonly context: BatchContext;
  readonly firstOffset: bigint;
  readonly firstTimestamp: bigint;
  /** When the broker took it, where that counts. */
  readonly appendedAt: string | null;
  /** What the next record's offset is past the first at least. */
  least: number;
}

/**
 * A record that cannot be read stands there as its bytes: an error would end the fetch, and the same record would come again
 * after each rejoin. And one that claims an offset which others of its batch or of the log have, as the broker does not look at
 * it where nothing is compressed, has the next one: what is committed behind it must be of this batch.
 *
 * @param most what its offset is past the first at most.
 */
function readRecord(bytes: Buffer, batch: Batch, most: number): FetchedMessage {
  const input = new Input(bytes);
  let [attributes, sentDelta, offsetDelta] = [0, 0, -1];
  let key: Buffer | null;
  let value: Buffer | null;
  let headers: FetchedMessage["headers"];
  try {
    attributes = input.int8();
    sentDelta = input.varlong();
    offsetDelta = input.varint();
    key = input.field();
    value = input.field();
    headers = readHeaders(input);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    key = null;
    value = bytes;
    headers = Object.assign(Object.create(null), { [unreadableHeader]: Buffer.from(error.message) }) as typeof headers;
  }
  if (offsetDelta < batch.least || offsetDelta > most) offsetDelta = batch.least;
  batch.least = offsetDelta + 1;
  return {
    magicByte: magic,
    attributes,
    timestamp: batch.appendedAt ?? plus(batch.firstTimestamp, sentDelta),
    offset: plus(batch.firstOffset, offsetDelta),
    key,
    value,
    headers,
    isControlRecord: batch.context.isControlBatch,
    batchContext: batch.context,
    ownMemory: true,
  };
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
