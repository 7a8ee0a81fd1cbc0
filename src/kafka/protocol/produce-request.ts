import { type BatchOwner, type MeasuredBatch, measureBatch, type OutboundMessage, writeBatch } from "./batch-writer.ts";
import { Output } from "./output.ts";

/** What kafkajs asks the broker to write, uncompressed (src/protocol/requests/produce/v3/request.js). */
export interface ProduceRequest {
  /** -1: all replicas in sync. */
  readonly acks: number;
  /** Milliseconds. */
  readonly timeout: number;
  /** [null] */
  readonly transactionalId?: string | null | undefined;
  /** A 64-bit number in whatever form: kafkajs has it as text and as `Long` [-1: the producer is not idempotent]. */
  readonly producerId?: { toString(): string } | undefined;
  /** [0] */
  readonly producerEpoch?: number | undefined;
  readonly topicData: readonly TopicData[];
}

export interface TopicData {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly firstSequence: number;
    readonly messages: readonly OutboundMessage[];
  }[];
}

interface MeasuredPartition {
  readonly partition: number;
  readonly firstSequence: number;
  readonly batch: MeasuredBatch;
}

/**
 * The body of a Produce request, versions 3 to 7 (kafka.apache.org/protocol#The_Messages_Produce), in one buffer and one
 * go. kafkajs makes a buffer of 512 bytes for each header, record, batch, partition and topic and copies each into the next.
 * `nowMs`, milliseconds since 1970 UTC, for records that state no time.
 */
export function encodeProduceRequest(request: ProduceRequest, nowMs: number): Buffer {
  const { acks, timeout, transactionalId = null, producerId = -1, producerEpoch = 0, topicData } = request;
  const topics = topicData.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(
      ({ partition, firstSequence, messages }): MeasuredPartition => ({
        ...{ partition, firstSequence },
        batch: measureBatch(messages, nowMs),
      }),
    ),
  }));
  const owner = { producerId: BigInt(producerId.toString()), producerEpoch, transactional: transactionalId !== null };
  const out = new Output(sizeOf(transactionalId, topics));
  out.string(transactionalId);
  out.int16(acks);
  out.int32(timeout);
  out.int32(topics.length);
  for (const { topic, partitions } of topics) {
    out.string(topic);
    out.int32(partitions.length);
    for (const partition of partitions) writePartition(out, partition, owner);
  }
  return out.bytes;
}

function writePartition(
  out: Output,
  { partition, firstSequence, batch }: MeasuredPartition,
  owner: Omit<BatchOwner, "firstSequence">,
): void {
  out.int32(partition);
  out.int32(batch.size);
  writeBatch(out, batch, { ...owner, firstSequence });
}

function sizeOf(
  transactionalId: string | null,
  topics: readonly { readonly topic: string; readonly partitions: readonly MeasuredPartition[] }[],
): number {
  const [acks, timeout, count] = [2, 4, 4];
  let size = sizeOfString(transactionalId ?? "") + acks + timeout + count;
  for (const { topic, partitions } of topics) {
    size += sizeOfString(topic) + count;
    for (const { batch } of partitions) size += 8 + batch.size;
  }
  return size;
}

function sizeOfString(text: string): number {
  return 2 + Buffer.byteLength(text);
}
