import { Consumer, type KafkaRecord, Producer, type RecordsBatch } from "@platformatic/kafka";
import type { HeaderValue, InboundRecord } from "../../../src/model/record.ts";
import { type FloorClient, floorCommitMs, floorWaitMs } from "../../floor/client.ts";
import type { Library } from "./library.ts";
import { PlatformaticSender } from "./platformatic-sender.ts";

type FetchOptions = Parameters<Consumer["fetch"]>[0];
type FetchResponse = Awaited<ReturnType<Consumer["fetch"]>>;

const controlBatch = 32;

/** With a fetch loop of its own: its stream knows no pause of one partition, and makes more of each record. */
export const platformatic: Library = {
  floor: (brokers) => new Floor(brokers),
  sender: (brokers) => new PlatformaticSender(brokers),
  read: (brokers, topic, accept) =>
    fetchLoop(brokers, topic, 0, (partition, batch) => accept(inboundRecords(topic, partition, batch))),
};

class Floor implements FloorClient {
  readonly #brokers: string;

  constructor(brokers: string) {
    this.#brokers = brokers;
  }

  async producer() {
    const producer = newProducer(this.#brokers);
    await producer.connectToBrokers();
    return (topic: string, messages: Parameters<Awaited<ReturnType<FloorClient["producer"]>>>[1]) =>
      producer.send({ messages: messages.map((message) => ({ ...message, topic })) });
  }

  consume(topic: string, take: Parameters<FloorClient["consume"]>[1]): Promise<void> {
    return fetchLoop(this.#brokers, topic, floorCommitMs, (_partition, batch) => take(batch.records));
  }

  header(record: { readonly headers?: unknown }, name: string): Buffer | undefined {
    const found = (record as KafkaRecord).headers.find(([key]) => key?.toString() === name);
    return found?.[1] ?? undefined;
  }
}

export type AnyProducer = Producer<string | Buffer, Buffer, string, string | Buffer>;

const bytes = (data?: string | Buffer): Buffer | undefined => (typeof data === "string" ? Buffer.from(data) : data);

export function newProducer(brokers: string): AnyProducer {
  return new Producer<string | Buffer, Buffer, string, string | Buffer>({
    clientId: "spike",
    bootstrapBrokers: brokers.split(","),
    idempotent: true,
    autocreateTopics: false,
    // One and fewer count as endless.
    retries: 2,
    serializers: { key: bytes, value: (data) => data, headerKey: bytes, headerValue: bytes },
  });
}

/** Resolves once it has joined; then goes on for ever. `commitMs` 0: nothing is committed. */
async function fetchLoop(
  brokers: string,
  topic: string,
  commitMs: number,
  take: (partition: number, batch: RecordsBatch) => Promise<void> | void,
): Promise<void> {
  const consumer = new Consumer({
    groupId: `${topic}.${process.pid}`,
    clientId: "spike",
    bootstrapBrokers: brokers.split(","),
    autocommit: false,
  });
  consumer.topics.trackAll(topic);
  await consumer.joinGroup();
  const metadata = await consumer.metadata({ topics: [topic] });
  const about = metadata.topics.get(topic);
  if (about === undefined) throw new Error(`there is no topic ${topic}`);
  const next = new Map<number, bigint>();
  for (const { partitions, topic: name } of consumer.assignments ?? []) {
    if (name === topic) for (const partition of partitions) next.set(partition, 0n);
  }
  let committedAtMs = performance.now();

  const accept = async (response: FetchResponse): Promise<void> => {
    const taken: (Promise<void> | void)[] = [];
    for (const { partitionIndex, records } of response.responses.flatMap(({ partitions }) => partitions)) {
      for (const batch of records ?? []) {
        next.set(partitionIndex, batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n);
        if ((batch.attributes & controlBatch) === 0) taken.push(take(partitionIndex, batch));
      }
    }
    await Promise.all(taken);
    if (commitMs === 0 || performance.now() - committedAtMs < commitMs) return;
    committedAtMs = performance.now();
    const offsets = [...next].map(([partition, offset]) => ({ topic, partition, offset, leaderEpoch: -1 }));
    await consumer.commit({ offsets });
  };

  // One loop for each broker that leads partitions, as in kafkajs.
  const byLeader = Map.groupBy(next.keys(), (partition) => about.partitions[partition]?.leader ?? -1);
  for (const [node, partitions] of byLeader) {
    const loop = async (): Promise<never> => {
      for (;;) {
        const wanted = partitions.map((partition) => ({
          partition,
          fetchOffset: next.get(partition) ?? 0n,
          currentLeaderEpoch: -1,
          lastFetchedEpoch: -1,
          partitionMaxBytes: 1_048_576,
        }));
        const topics: FetchOptions["topics"] = [{ topicId: about.id, partitions: wanted }];
        await accept(
          await consumer.fetch({ node, topics, maxWaitTime: floorWaitMs, minBytes: 1, maxBytes: 10_485_760 }),
        );
      }
    };
    void loop();
  }
}

function inboundRecords(topic: string, partition: number, batch: RecordsBatch): InboundRecord[] {
  return batch.records.map((record) => ({
    topic,
    partition,
    offset: Number(batch.firstOffset) + record.offsetDelta,
    timestampMs: Number(batch.firstTimestamp + record.timestampDelta),
    key: record.key === null ? null : Buffer.from(record.key),
    value: record.value === null ? null : Buffer.from(record.value),
    headers: headersOf(record.headers),
  }));
}

/** Copied: what the library hands out are slices of the whole answer. A name that stands twice is a list. */
export function headersOf(entries: Iterable<readonly [Buffer | null, Buffer | null]>): Record<string, HeaderValue> {
  const headers = Object.create(null) as Record<string, HeaderValue>;
  for (const [key, value] of entries) {
    if (key === null || value === null) continue;
    const name = key.toString();
    const own = Buffer.from(value);
    const there = headers[name];
    if (there === undefined) headers[name] = own;
    else headers[name] = [...(Array.isArray(there) ? (there as Buffer[]) : [there as Buffer]), own];
  }
  return headers;
}
