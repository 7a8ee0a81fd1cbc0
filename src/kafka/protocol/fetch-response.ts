import { magicAt, uncountedBytes } from "./batch-layout.ts";
import { type FetchedMessage, isPlain, readBatch } from "./batch-reader.ts";
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
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[];
  readonly preferredReadReplica: number;
  readonly messages: readonly unknown[];
}

/** kafkajs's own reading of the records of one partition; their size in 32 bits stands at `at`. */
export type ReadOther = (bytes: Buffer, at: number) => Promise<readonly unknown[]>;

/**
 * Reads the answer (kafka.apache.org/protocol#The_Messages_Fetch). kafkajs makes a 64-bit number object, a decoder and a
 * context for each record, and slices that keep the whole answer in memory, so that every byte had to be copied once more.
 * Rejects with RangeError where the bytes end too early, or a batch has an impossible length.
 */
export async function decodeFetchResponse(bytes: Buffer, readOther: ReadOther): Promise<FetchResponse> {
  const input = new Input(bytes);
  const clientSideThrottleTime = input.int32();
  const errorCode = input.int16();
  const sessionId = input.int32();
  const responses = await listOf(input, async () => ({
    topicName: input.string(),
    partitions: await listOf(input, () => readPartition(input, readOther)),
  }));
  // The broker did not wait, it asks the client to (KIP-219).
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

async function readPartition(input: Input, readOther: ReadOther): Promise<FetchedPartition> {
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
  const messages = await readMessages(input, readOther);
  const offsets = { highWatermark, lastStableOffset, lastStartOffset };
  return { partition, errorCode, ...offsets, abortedTransactions, preferredReadReplica, messages };
}

/** Batches that are compressed, or of a format older than 2017, are left to kafkajs, and all others of the partition with them. */
async function readMessages(input: Input, readOther: ReadOther): Promise<readonly unknown[]> {
  const sizeAt = input.at;
  const size = input.int32();
  if (size <= 0 || size > input.rest) return [];
  const end = input.at + size;
  const messages: FetchedMessage[] = [];
  // The last batch may be cut off where the broker reached the size that was asked for.
  while (end - input.at > magicAt) {
    const length = uncountedBytes + input.bytes.readInt32BE(input.at + uncountedBytes - 4);
    if (length > end - input.at) break;
    if (length <= magicAt) throw new RangeError("a batch has an impossible length");
    if (!isPlain(input.bytes, input.at)) {
      input.at = end;
      return readOther(input.bytes, sizeAt);
    }
    readBatch(input, messages);
  }
  input.at = end;
  return messages;
}

async function listOf<T>(input: Input, read: () => Promise<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for (let left = input.int32(); left > 0; left--) items.push(await read());
  return items;
}
