import { inflate } from "../../src/kafka/connection/compression.ts";
import { readByKafkajs } from "../../src/kafka/patches/fast-fetch.ts";
import { decodeFetchResponse } from "../../src/kafka/protocol/fetch-response.ts";
import type { FetchedMessage } from "../../src/kafka/protocol/fetched-record.ts";
import { Output } from "../../src/kafka/protocol/output.ts";

export interface Aborted {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

export interface PartitionRecords {
  readonly records: Buffer;
  readonly aborted?: readonly Aborted[];
}

/** An answer to Fetch of one topic, with the batches and aborted transactions of its partitions. */
function fetchAnswer(partitions: readonly PartitionRecords[]): Buffer {
  const size = partitions.reduce(
    (sum, { aborted = [], records }) => sum + 42 + 16 * aborted.length + records.length,
    0,
  );
  const out = new Output(14 + 2 + 5 + 4 + size);
  out.int32(0);
  out.int16(0);
  out.int32(0);
  out.int32(1);
  out.string("topic");
  out.int32(partitions.length);
  for (const [partition, { aborted = [], records }] of partitions.entries()) {
    out.int32(partition);
    out.int16(0);
    for (let count = 0; count < 3; count++) out.int64(0n);
    out.int32(aborted.length);
    for (const { firstOffset, producerId } of aborted) {
      out.int64(producerId);
      out.int64(firstOffset);
    }
    out.int32(-1);
    out.int32(records.length);
    out.raw(records);
  }
  return out.bytes.subarray(0, out.at);
}

/** What a consumer is handed of each partition. */
export async function readPartitions(
  partitions: readonly PartitionRecords[],
): Promise<readonly (readonly FetchedMessage[])[]> {
  const { responses } = await decodeFetchResponse(fetchAnswer(partitions), inflate, readByKafkajs);
  return (responses[0]?.partitions ?? []).map(({ messages }) => messages as readonly FetchedMessage[]);
}

/** The same of one. */
export async function readFetched(
  records: Buffer,
  aborted: readonly Aborted[] = [],
): Promise<readonly FetchedMessage[]> {
  return (await readPartitions([{ records, aborted }]))[0] ?? [];
}
