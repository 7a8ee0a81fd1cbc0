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
import { partitionOfKey } from "./partitioner.ts";
import { noSuchPartition } from "./producer-errors.ts";
import { maxTopicBytes, type Queued, sizeOf } from "./send-queue.ts";

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
  readonly #messages = new WeakMap<Queued, Message>();
  /** Where the partitioner put each message; kafkajs itself only tells a batch's first offset per partition. */
  readonly #partitions = new WeakMap<Message, number>();
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
    const messages = batch.map((queued) => this.#messageOf(queued));
    batch.forEach(({ record: { topic } }, at) => {
      const message = messages[at];
      const entry = topics.get(topic) ?? { topic, messages: [] };
      if (message !== undefined) entry.messages.push(message);
      topics.set(topic, entry);
    });
    // A large record goes alone (SendQueue). A topic's limit is one of compressed bytes: a fact that its producer compressed
    // below it must fit into a dead letter again, or its lane would stand still for ever.
    const large = batch.some(({ record }) => sizeOf(record) > maxTopicBytes);
    const acknowledged = await this.#producer.kafkajs.sendBatch({
      acks: -1,
      compression: large ? CompressionTypes.GZIP : CompressionTypes.None,
      topicMessages: [...topics.values()],
    });
    const next = new Map(
      acknowledged.map((metadata) => [placeOf(metadata.topicName, metadata.partition), firstOffset(metadata)]),
    );
    batch.forEach((queued, at) => {
      const message = messages[at];
      const partition = message === undefined ? undefined : this.#partitions.get(message);
      const place = placeOf(queued.record.topic, partition ?? -1);
      const offset = next.get(place);
      // A send to a partition that does not exist resolves without metadata for it: that is no acknowledgement.
      if (offset === undefined || partition === undefined) queued.reject(noSuchPartition(queued.record));
      else {
        next.set(place, offset + 1);
        queued.resolve({ partition, offset });
      }
    });
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

  #messageOf(queued: Queued): Message {
    let message = this.#messages.get(queued);
    if (message === undefined) {
      const { key, value, headers, partition } = queued.record;
      const own = { ...headers } as IHeaders;
      message = { key, value, headers: own, ...(partition === undefined ? {} : { partition }) };
      this.#messages.set(queued, message);
    }
    return message;
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
          const { key = null, partition: own } = message;
          const choose = (): number => (key === null ? chooseWithoutKey(args) : partitionOfKey(key, partitionMetadata));
          const partition = this.#partitions.get(message) ?? own ?? choose();
          this.#partitions.set(args.message, partition);
          return partition;
        };
      },
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: retries(4) },
    });
    return { kafkajs, dropSockets };
  }
}

function placeOf(topic: string, partition: number): string {
  return `${partition} ${topic}`;
}

function firstOffset({ baseOffset, offset }: RecordMetadata): number {
  return Number(baseOffset ?? offset ?? Number.NaN);
}
