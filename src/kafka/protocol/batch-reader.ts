import { messageOf } from "../../errors.ts";
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

/** Of a batch that begins there: whether its format is v2, and what compresses it, 0 where nothing does. */
export function formatOf(bytes: Buffer, at: number): { readonly isV2: boolean; readonly compression: number } {
  return { isV2: bytes[at + magicAt] === magic, compression: bytes.readInt16BE(at + attributesAt) & compressionMask };
}

/** Undoes a compression, by its number in a batch's attributes. Rejects where the bytes are none, or unfold to more than they may. */
export type Inflate = (compression: number, bytes: Buffer) => Promise<Buffer>;

/** What a batch is besides its records. */
export interface BatchSummary {
  readonly context: BatchContext;
  readonly lastOffset: bigint;
  /** What it unfolded to, bytes; 0 for one that was not compressed. */
  readonly inflated: number;
}

/** Records of one batch that are read at most: what unfolds to so many and more is not for this. */
const mostRecords = 100_000;
/** Headers of one batch, besides ten a record: a few bytes unfold to millions of empty ones. */
const mostHeaders = 100_000;
/** Of what cannot be read, so much stands there for those who look at it. */
const shownBytes = 512 * 1024;

/**
 * Adds the records of the batch that begins there, which is not compressed (kafka.apache.org/documentation/#recordbatch). The
 * checksum is not looked at: the broker did, and kafkajs does not either. Throws RangeError where the length of the batch or of
 * a record is impossible: the broker has looked at those.
 */
export function readBatch(input: Input, messages: FetchedMessage[]): BatchSummary {
  const batch = readBatchHead(input);
  for (let left = batch.count; left > 0; left--) {
    messages.push(readRecord(input.copy(input.varint()), batch, batch.lastDelta - left + 1));
  }
  input.at = batch.end;
  return passOver(batch, messages, 0);
}

/**
 * The same of a compressed one. What its records say of their own lengths the broker does not look at: from one whose length is
 * impossible on, the rest of the batch is one record that cannot be read, with the batch's last offset. So is a batch that cannot
 * be unfolded, or is of more records than `mostRecords`. Never rejects for what stands in it.
 */
export async function readCompressedBatch(
  input: Input,
  inflate: Inflate,
  messages: FetchedMessage[],
): Promise<BatchSummary> {
  const batch = readBatchHead(input);
  const { compression, count, end, lastDelta, recordsAt } = batch;
  input.at = end;
  if (count <= 0) return passOver(batch, messages, 0);
  let inflated: Buffer;
  try {
    if (count > mostRecords) throw new RangeError(`a batch of ${count} records, more than ${mostRecords}`);
    inflated = await inflate(compression, input.bytes.subarray(recordsAt, end));
  } catch (error) {
    messages.push(fetched(batch, unreadable(Buffer.alloc(0), messageOf(error)), lastDelta));
    return passOver(batch, messages, 0);
  }
  const records = new Input(inflated);
  for (let left = count; left > 0; left--) {
    const from = records.at;
    const bytes = recordOf(records);
    if (bytes === null) {
      const why = "a record has an impossible length: what follows it in its batch cannot be read";
      messages.push(fetched(batch, unreadable(inflated.subarray(from), why), lastDelta));
      break;
    }
    messages.push(readRecord(bytes, batch, lastDelta - left + 1, true));
  }
  return passOver(batch, messages, inflated.length);
}

interface Batch {
  readonly context: BatchContext;
  readonly compression: number;
  readonly count: number;
  /** Where its records begin, and where it ends. */
  readonly recordsAt: number;
  readonly end: number;
  readonly firstOffset: bigint;
  readonly lastDelta: number;
  readonly firstTimestamp: bigint;
  /** When the broker took it, where that counts. */
  readonly appendedAt: string | null;
  /** What the next record's offset is past the first at least. */
  least: number;
  /** Headers that may still come. */
  headersLeft: number;
}

/** Throws RangeError where the batch is shorter than its head. */
function readBatchHead(input: Input): Batch {
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
  const count = input.int32();
  const appendedAt = (attributes & appendTimeFlag) !== 0 ? lastTimestamp.toString() : null;
  const headersLeft = mostHeaders + 10 * count;
  const compression = attributes & compressionMask;
  return {
    context,
    compression,
    count,
    recordsAt: input.at,
    end,
    firstOffset,
    lastDelta,
    firstTimestamp,
    appendedAt,
    least: 0,
    headersLeft,
  };
}

/**
 * Compaction takes records out of a batch and leaves its offsets, and of a producer's last batch the head alone: then a control
 * record, which nobody is handed, stands at its end, or the same batch would be fetched for ever.
 */
function passOver(batch: Batch, messages: FetchedMessage[], inflated: number): BatchSummary {
  const { context, firstOffset, lastDelta } = batch;
  if (batch.least <= lastDelta) {
    const nothing = { attributes: 0, sentDelta: 0, key: null, value: null, headers: noHeaders };
    messages.push({ ...fetched(batch, nothing, lastDelta), isControlRecord: true });
  }
  return { context, lastOffset: firstOffset + BigInt(lastDelta), inflated };
}

/** The next record's bytes; null where its length is impossible. */
function recordOf(records: Input): Buffer | null {
  try {
    const length = records.varint();
    return length > 0 ? records.copy(length) : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const noHeaders = Object.freeze(Object.create(null)) as Content["headers"];

type Content = Pick<FetchedMessage, "attributes" | "key" | "value" | "headers"> & { readonly sentDelta: number };

function unreadable(bytes: Buffer, why: string): Content {
  const headers = Object.assign(Object.create(null), { [unreadableHeader]: Buffer.from(why) }) as Content["headers"];
  const value = Buffer.from(bytes.subarray(0, shownBytes));
  return { attributes: 0, sentDelta: 0, key: null, value, headers };
}

/**
 * A record that cannot be read stands there as its bytes: an error would end the fetch, and the same record would come again
 * after each rejoin. And one that claims an offset which others of its batch or of the log have, as the broker does not look at
 * it where nothing is compressed, has the next one: what is committed behind it must be of this batch.
 *
 * @param most what its offset is past the first at most.
 * @param exact nothing may stand behind its fields.
 */
function readRecord(bytes: Buffer, batch: Batch, most: number, exact = false): FetchedMessage {
  const input = new Input(bytes);
  let [attributes, sentDelta, offsetDelta] = [0, 0, -1];
  let content: Content;
  try {
    attributes = input.int8();
    sentDelta = input.varlong();
    offsetDelta = input.varint();
    const key = input.field();
    const value = input.field();
    content = { attributes, sentDelta, key, value, headers: readHeaders(input, batch) };
    if (exact && input.rest > 0) throw new RangeError("a record is longer than what it holds");
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    content = { ...unreadable(bytes, error.message), attributes, sentDelta };
  }
  if (offsetDelta < batch.least || offsetDelta > most) offsetDelta = batch.least;
  return fetched(batch, content, offsetDelta);
}

function fetched(batch: Batch, content: Content, offsetDelta: number): FetchedMessage {
  const { attributes, headers, key, sentDelta, value } = content;
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
function readHeaders(record: Input, batch: Batch): Readonly<Record<string, HeaderValue>> {
  const headers = Object.create(null) as Record<string, Buffer | Buffer[]>;
  const count = record.varint();
  if (count > batch.headersLeft) throw new RangeError(`a record has ${count} headers`);
  batch.headersLeft -= Math.max(0, count);
  for (let left = count; left > 0; left--) {
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
