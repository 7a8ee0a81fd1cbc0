import kafkajs, { type IHeaders, type Kafka, type Message, type Producer } from "kafkajs";

/** What a floor needs of a client library, and nothing more. */
export interface FloorClient {
  /** A producer of its own: idempotent, acknowledged by all in-sync replicas, one request out at a time. */
  producer(): Promise<FloorSend>;
  /**
   * Joins a group of its own from the earliest offset, and resolves once it has. Batch after batch is handed over, of
   * several partitions at once; no more is fetched for a partition before what `take` returned is over.
   */
  consume(topic: string, take: (records: readonly FloorRecord[]) => Promise<void> | void): Promise<void>;
  header(record: FloorRecord, name: string): Buffer | undefined;
}

export type FloorSend = (topic: string, messages: readonly FloorMessage[]) => Promise<unknown>;

export interface FloorMessage {
  readonly key?: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string | Buffer>>;
}

export interface FloorRecord {
  readonly value: Buffer | null;
  /** As the library has them. */
  readonly headers?: unknown;
}

export const floorPartitions = 6;
export const floorWaitMs = 100;
export const floorCommitMs = 1000;

/** kafkajs as it comes. */
export function bareKafkajs(brokers: string): Kafka {
  const { Kafka, logLevel } = kafkajs;
  return new Kafka({ clientId: "floor", brokers: brokers.split(","), logLevel: logLevel.NOTHING });
}

/** `commits`: kafkajs's own autoCommit is one of each batch, whatever its interval is. */
export function kafkajsFloor(kafka: Kafka, commits: "each batch" | "each second" = "each batch"): FloorClient {
  return {
    async producer() {
      const producer: Producer = kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
      });
      await producer.connect();
      return (topic, messages) => producer.send({ topic, acks: -1, messages: messages as Message[] });
    },
    async consume(topic, take) {
      const consumer = kafka.consumer({ groupId: `${topic}.${process.pid}`, maxWaitTimeInMs: floorWaitMs });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
      const next = new Map<number, string>();
      let committedAtMs = performance.now();
      await consumer.run({
        partitionsConsumedConcurrently: floorPartitions,
        autoCommit: commits === "each batch",
        eachBatch: async ({ batch }) => {
          await take(batch.messages);
          next.set(batch.partition, String(Number(batch.lastOffset()) + 1));
          if (commits === "each batch" || performance.now() - committedAtMs < floorCommitMs) return;
          committedAtMs = performance.now();
          await consumer.commitOffsets([...next].map(([partition, offset]) => ({ topic, partition, offset })));
        },
      });
      await joined;
    },
    header(record, name) {
      const value = (record.headers as IHeaders | undefined)?.[name];
      return Buffer.isBuffer(value) ? value : undefined;
    },
  };
}
