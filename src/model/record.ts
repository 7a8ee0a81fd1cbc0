/** A Kafka message as the rooms see it. Offsets are numbers: a partition never reaches 2^53 records. */

export type HeaderValue = Buffer | string | readonly (Buffer | string)[] | undefined;
export type RecordHeaders = Readonly<Record<string, HeaderValue>>;

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface InboundRecord extends TopicPartition {
  readonly offset: number;
  /** Of the broker's log: creation or append time, by the topic's setting. Milliseconds since 1970 UTC. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  /** Null is a tombstone. */
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

export interface OutboundRecord {
  readonly topic: string;
  /** Absent: chosen by the key (murmur2, as the Java client does). */
  readonly partition?: number;
  readonly key: string | Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

/** The last value of a header, as bytes: if it stands twice, Spring's own is the last. */
export function lastHeader(headers: RecordHeaders, name: string): Buffer | undefined {
  const value = headers[name];
  const last = Array.isArray(value)
    ? (value as readonly (Buffer | string)[]).at(-1)
    : (value as Buffer | string | undefined);
  return typeof last === "string" ? Buffer.from(last) : last;
}

/** `topic/partition`: one text for each partition, as a key. */
export function partitionId({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/** `topic/partition/offset`: where a record stands, for logs and the header `bridge-sequence`. */
export function sequenceOf(record: TopicPartition & { readonly offset: number }): string {
  return `${record.topic}/${record.partition}/${record.offset}`;
}
