import { messageOf } from "../../errors.ts";
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
import {
  type BatchContext,
  type BatchOfRecord,
  type FetchedMessage,
  fetched,
  noHeaders,
  readRecord,
  unreadable,
} from "./fetched-record.ts";
import { Input } from "./input.ts";

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

interface Batch extends BatchOfRecord {
  readonly compression: number;
  readonly count: number;
  /** Where its records begin, and where it ends. */
  readonly recordsAt: number;
  readonly end: number;
  readonly lastDelta: number;
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
