import {
  CompressionTypes,
  type IHeaders,
  type Message,
  Partitioners,
  type Producer,
  type ProducerRecord,
  type RecordMetadata,
} from "kafkajs";
import { BridgeError, messageOf } from "../../errors.ts";
import type { Clock } from "../../model/clock.ts";
import { bounded } from "../../model/deadline.ts";
import type { KafkaClient } from "../connection/client.ts";
import { groupedOnce } from "./grouped-messages.ts";
import { partitionOfKey } from "./partitioner.ts";
import { partitionGone } from "./producer-errors.ts";
import { maxTopicBytes, type Queued } from "./send-queue.ts";

interface OwnProducer {
  readonly kafkajs: Producer;
  readonly dropSockets: () => void;
}

/** Longest wait for a connection that is given up anyway. Milliseconds. */
const disconnectMs = 2000;

/**
 * kafkajs's idempotent producer, one batch at a time.
 *
 * The broker knows a batch by its partition, first sequence and length alone, and kafkajs takes a sequence back when a
 * send fails, whether or not the batch was written. What follows under that sequence must therefore be the same batch:
 * a different one of the same length would be acknowledged as a duplicate and lost. Hence two rules: a record keeps its
 * partition over all its retries, and after a batch was given up the producer is renewed before anything else is sent.
 */
export class BatchSender {
  readonly #client: KafkaClient;
  readonly #clock: Clock;
  #producer: OwnProducer;
  #connected: Promise<void> | null = null;

  constructor(client: KafkaClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
    this.#producer = this.#newProducer();
  }

  /** Throws BridgeError BROKER_UNAVAILABLE; the next call tries with a new client. Once connected, kafkajs connects again by itself. */
  async connect(): Promise<void> {
    this.#connected ??= this.#producer.kafkajs.connect();
    const connecting = this.#connected;
    try {
      await connecting;
    } catch (error) {
      // A client whose first connection failed half-way may never get over it.
      if (this.#connected === connecting) await this.renew();
      throw new BridgeError("BROKER_UNAVAILABLE", `no Kafka broker can be used: ${messageOf(error)}`, { cause: error });
    }
  }

  /**
   * Resolves each record with its position, and rejects those whose partition does not exist. Throws what kafkajs throws
   * when the batch, or a part of it that cannot be told, was not acknowledged.
   */
  async send(batch: readonly Queued[]): Promise<void> {
    const topics = new Map<string, ProducerRecord>();
    const messages = batch.map(asMessage);
    batch.forEach(({ record: { topic } }, at) => {
      const message = messages[at];
      let entry = topics.get(topic);
      if (entry === undefined) {
        entry = { topic, messages: groupedOnce([]) };
        topics.set(topic, entry);
      }
      if (message !== undefined) entry.messages.push(message);
    });
    // A large record goes alone (SendQueue). A topic's limit is one of compressed bytes: a fact that its producer compressed
    // below it must fit into a dead letter again, or its lane would stand still for ever.
    const large = batch.some(({ bytes }) => bytes > maxTopicBytes);
    try {
      const acknowledged = await this.#producer.kafkajs.sendBatch({
        acks: -1,
        compression: large ? CompressionTypes.GZIP : CompressionTypes.None,
        topicMessages: [...topics.values()],
      });
      settle(batch, messages, acknowledged);
    } finally {
      batch.forEach((queued, at) => (queued.partition = messages[at]?.partition));
    }
  }

  /** A new producer id, with sequences of its own. */
  async renew(): Promise<void> {
    const old = this.#producer;
    this.#producer = this.#newProducer();
    this.#connected = null;
    await this.#end(old);
  }

  /** Resolves within four seconds. */
  async disconnect(): Promise<void> {
    const producer = this.#producer;
    const connected = this.#connected;
    // kafkajs goes on connecting behind a disconnect.
    if (connected !== null) await bounded(connected, disconnectMs, this.#clock);
    await this.#end(producer);
  }

  async #end({ kafkajs, dropSockets }: OwnProducer): Promise<void> {
    await bounded(kafkajs.disconnect(), disconnectMs, this.#clock);
    dropSockets();
  }

  #newProducer(): OwnProducer {
    const { kafka, retries, dropSockets } = this.#client.own();
    const kafkajs = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // Partitions that were added are unknown, and so refused, for this long.
      metadataMaxAge: 30_000,
      createPartitioner: () => {
        const chooseWithoutKey = Partitioners.DefaultPartitioner();
        return (args) => {
          const { message, partitionMetadata } = args;
          const { key = null } = message;
          message.partition ??= key === null ? chooseWithoutKey(args) : partitionOfKey(key, partitionMetadata);
          return message.partition;
        };
      },
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: retries(4) },
    });
    return { kafkajs, dropSockets };
  }
}

function asMessage({ partition, record }: Queued): Message {
  const { headers, key, value } = record;
  const own = partition ?? record.partition;
  return { key, value, headers: headers as IHeaders, ...(own === undefined ? {} : { partition: own }) };
}

/** Resolves each record with its position; kafkajs only tells a batch's first offset per partition. */
function settle(batch: readonly Queued[], messages: readonly Message[], acknowledged: readonly RecordMetadata[]): void {
  const topics = new Map<string, Map<number, number>>();
  for (const { topicName, partition, baseOffset, offset } of acknowledged) {
    const next = topics.get(topicName) ?? new Map<number, number>();
    topics.set(topicName, next.set(partition, Number(baseOffset ?? offset ?? Number.NaN)));
  }
  batch.forEach((queued, at) => {
    const partition = messages[at]?.partition;
    const next = topics.get(queued.record.topic);
    const offset = partition === undefined ? undefined : next?.get(partition);
    // A send to a partition that does not exist resolves without metadata for it: that is no acknowledgement.
    if (next === undefined || offset === undefined || partition === undefined) {
      queued.reject(partitionGone(queued.record));
    } else {
      next.set(partition, offset + 1);
      queued.resolve({ partition, offset });
    }
  });
}
