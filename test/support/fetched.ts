import { inflate } from "../../src/kafka/connection/compression.ts";
import { readByKafkajs } from "../../src/kafka/patches/fast-fetch.ts";
import type { FetchedMessage } from "../../src/kafka/protocol/batch-reader.ts";
import { decodeFetchResponse } from "../../src/kafka/protocol/fetch-response.ts";
import { Output } from "../../src/kafka/protocol/output.ts";

export interface Aborted {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** An answer to Fetch of one partition, with these batches and aborted transactions. */
export function fetchAnswer(records: Buffer, aborted: readonly Aborted[] = []): Buffer {
  const out = new Output(14 + 2 + 5 + 4 + 42 + 16 * aborted.length + records.length);
  out.int32(0);
  out.int16(0);
  out.int32(0);
  out.int32(1);
  out.string("topic");
  out.int32(1);
  out.int32(0);
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
  return out.bytes.subarray(0, out.at);
}

/** What a consumer is handed of it. */
export async function readFetched(
  records: Buffer,
  aborted: readonly Aborted[] = [],
): Promise<readonly FetchedMessage[]> {
  const { responses } = await decodeFetchResponse(fetchAnswer(records, aborted), inflate, readByKafkajs);
  return (responses[0]?.partitions[0]?.messages ?? []) as readonly FetchedMessage[];
}
