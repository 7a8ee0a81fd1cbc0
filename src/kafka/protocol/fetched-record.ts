import type { HeaderValue } from "../../model/record.ts";
import { magic } from "./batch-layout.ts";
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

/** What a record's reading needs of its batch. */
export interface BatchOfRecord {
  readonly context: BatchContext;
  readonly firstOffset: bigint;
  readonly firstTimestamp: bigint;
  /** When the broker took it, where that counts. */
  readonly appendedAt: string | null;
  /** What the next record's offset is past the first at least. */
  least: number;
  /** Headers that may still come. */
  headersLeft: number;
}

/** Of what cannot be read, so much stands there for those who look at it. */
const shownBytes = 512 * 1024;

export const noHeaders: Content["headers"] = Object.freeze(Object.create(null)) as Content["headers"];

/** Of a record, whatever its offset is. */
export type Content = Pick<FetchedMessage, "attributes" | "key" | "value" | "headers"> & { readonly sentDelta: number };

export function unreadable(bytes: Buffer, why: string): Content {
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
export function readRecord(bytes: Buffer, batch: BatchOfRecord, most: number, exact = false): FetchedMessage {
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

export function fetched(batch: BatchOfRecord, content: Content, offsetDelta: number): FetchedMessage {
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
function readHeaders(record: Input, batch: BatchOfRecord): Readonly<Record<string, HeaderValue>> {
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
