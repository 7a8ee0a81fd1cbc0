import { type AbortedTransaction, AbortedTransactions } from "./aborted-transactions.ts";
import { magicAt, uncountedBytes } from "./batch-layout.ts";
import { formatOf, type Inflate, readBatch, readCompressedBatch } from "./batch-reader.ts";
import type { FetchedMessage } from "./fetched-record.ts";
import { Input } from "./input.ts";

/** What kafkajs makes of an answer to Fetch, version 11 (its src/protocol/requests/fetch/v11/response.js). */
export interface FetchResponse {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly FetchedPartition[];
  }[];
}

interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly lastStartOffset: string;
  /** Empty where the records were read here: those of an aborted transaction are told as control records then. */
  readonly abortedTransactions: readonly AbortedTransaction[];
  readonly preferredReadReplica: number;
  readonly messages: readonly unknown[];
}

/** kafkajs's own reading of the records of one partition; their size in 32 bits stands at `at`. */
export type ReadOther = (bytes: Buffer, at: number) => Promise<readonly unknown[]>;

/**
 * Reads the answer (kafka.apache.org/protocol#The_Messages_Fetch). kafkajs makes a 64-bit number object, a decoder and a
 * context for each record, and slices that keep the whole answer in memory, so that every byte had to be copied once more.
 * Partitions of which there is nothing to tell are left out: kafkajs makes an empty batch of each, a dozen objects and as many
 * promises, and then passes over it. Rejects with RangeError where the bytes end too early, or a batch has an impossible length.
 */
export async function decodeFetchResponse(
  bytes: Buffer,
  inflate: Inflate,
  readOther: ReadOther,
): Promise<FetchResponse> {
  const input = new Input(bytes);
  const clientSideThrottleTime = input.int32();
  const errorCode = input.int16();
  const sessionId = input.int32();
  const responses: { readonly topicName: string; readonly partitions: FetchedPartition[] }[] = [];
  const unread: Unread[] = [];
  for (let topics = input.int32(); topics > 0; topics--) {
    const topicName = input.string();
    const partitions: FetchedPartition[] = [];
    for (let left = input.int32(); left > 0; left--) {
      if (passedOver(input)) continue;
      const partition = { ...readPartitionHead(input), messages: [] };
      partitions.push(partition);
      unread.push({ partition, sizeAt: input.at });
      const size = input.int32();
      if (size > 0 && size <= input.rest) input.at += size;
    }
    if (partitions.length > 0) responses.push({ topicName, partitions });
  }
  const budget: Budget = { inflated: 0 };
  // Another one is the first each time: what is left for the next fetch is not always of the same partition.
  const first = turns++;
  for (const [at] of unread.entries()) {
    const one = unread[(at + first) % unread.length];
    if (one !== undefined) await readPartition(bytes, one, budget, inflate, readOther);
  }
  // The broker did not wait, it asks the client to (KIP-219).
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

let turns = 0;

/** A partition whose records are not read yet; their size stands at `sizeAt`. */
interface Unread {
  readonly partition: FetchedPartition;
  readonly sizeAt: number;
}

/** What the answer has unfolded to so far, bytes. */
interface Budget {
  inflated: number;
}

async function readPartition(
  bytes: Buffer,
  { partition, sizeAt }: Unread,
  budget: Budget,
  inflate: Inflate,
  readOther: ReadOther,
): Promise<void> {
  const messages = await readMessages(new Input(bytes, sizeAt), partition.abortedTransactions, budget, inflate);
  if (messages === null) Object.assign(partition, { messages: await readOther(bytes, sizeAt) });
  else Object.assign(partition, { messages, abortedTransactions: [] });
}

/** Of a partition without an aborted transaction: where its fields stand, from its first byte. */
const [errorAt, abortedAt, preferredAt, sizeAt, emptyBytes] = [4, 30, 34, 38, 42];

/** Whether it has no records, no error and nothing else to tell; then the input stands behind it. */
function passedOver(input: Input): boolean {
  const { at, bytes } = input;
  if (input.rest < emptyBytes) return false;
  const isEmpty =
    bytes.readInt16BE(at + errorAt) === 0 &&
    bytes.readInt32BE(at + abortedAt) <= 0 &&
    bytes.readInt32BE(at + preferredAt) === -1 &&
    bytes.readInt32BE(at + sizeAt) <= 0;
  if (isEmpty) input.at = at + emptyBytes;
  return isEmpty;
}

function readPartitionHead(input: Input): Omit<FetchedPartition, "messages"> {
  const partition = input.int32();
  const errorCode = input.int16();
  const highWatermark = input.int64().toString();
  const lastStableOffset = input.int64().toString();
  const lastStartOffset = input.int64().toString();
  const abortedTransactions: FetchedPartition["abortedTransactions"][number][] = [];
  for (let left = input.int32(); left > 0; left--) {
    abortedTransactions.push({ producerId: input.int64().toString(), firstOffset: input.int64().toString() });
  }
  const preferredReadReplica = input.int32();
  const offsets = { highWatermark, lastStableOffset, lastStartOffset };
  return { partition, errorCode, ...offsets, abortedTransactions, preferredReadReplica };
}

/** From so many unfolded bytes on, what is compressed in the answer is left for the next: a megabyte of it may unfold to gigabytes. */
const enoughInflated = 16 * 1024 * 1024;

/** Null: kafkajs is to read them, as they begin with a batch of a format older than 2017. */
async function readMessages(
  input: Input,
  transactions: readonly AbortedTransaction[],
  budget: Budget,
  inflate: Inflate,
): Promise<readonly FetchedMessage[] | null> {
  const size = input.int32();
  if (size <= 0 || size > input.rest) return [];
  const end = input.at + size;
  const aborted = new AbortedTransactions(transactions);
  const messages: FetchedMessage[] = [];
  // The last batch may be cut off where the broker reached the size that was asked for.
  while (end - input.at > magicAt) {
    const { at } = input;
    const length = uncountedBytes + input.bytes.readInt32BE(at + uncountedBytes - 4);
    if (length > end - at) break;
    if (length <= magicAt) throw new RangeError("a batch has an impossible length");
    const { compression, isV2 } = formatOf(input.bytes, at);
    // Behind others they are the first of the next fetch.
    if (!isV2) return messages.length > 0 ? messages : null;
    const from = messages.length;
    if (compression === 0) aborted.pass(readBatch(input, messages), messages, from);
    else {
      if (budget.inflated >= enoughInflated) break;
      const batch = await readCompressedBatch(input, inflate, messages);
      budget.inflated += batch.inflated;
      aborted.pass(batch, messages, from);
    }
  }
  return messages;
}
