import { type Message, Partitioners, type Producer, type ProducerRecord, type RecordMetadata } from "kafkajs";
import { BridgeError, messageOf } from "../errors.ts";
import { bounded } from "../model/bounded.ts";
import { type Clock, systemClock } from "../model/clock.ts";
import type { OutboundRecord } from "../model/record.ts";
import type { KafkaClient } from "./client.ts";
import { classifySendFailure, noSuchPartition, notWritten, refused } from "./producer-errors.ts";
import { type Queued, SendQueue } from "./send-queue.ts";

export interface RecordPosition {
  readonly partition: number;
  readonly offset: number;
}

export interface RecordProducer {
  /** Connects; rejects with BROKER_UNAVAILABLE. Records may be sent before: they wait. */
  connect(): Promise<void>;
  /**
   * Resolves when all in-sync replicas have the record. Records of one partition are written in the order of the calls.
   * Rejects with RECORD_TOO_LARGE, RECORD_REFUSED (no such topic or partition, or the broker said no), QUEUE_FULL,
   * BROKER_UNAVAILABLE (no acknowledgement within `timeoutMs`; it may have been written nevertheless) or CLOSED.
   */
  send(record: OutboundRecord): Promise<RecordPosition>;
  /** Whether the broker took what was sent last. */
  ready(): boolean;
  /** Sends what waits, then disconnects; resolves within `deadlineMs` and two seconds. Idempotent. */
  close(deadlineMs: number): Promise<void>;
}

export interface ProducerOptions {
  /** Longest wait for one record's acknowledgement. Milliseconds [30,000]. */
  readonly timeoutMs?: number;
  /** Bounds of what waits to be sent [100,000 records, 64 MiB]. */
  readonly maxRecords?: number;
  readonly maxBytes?: number;
  readonly clock?: Clock;
}

const retryAfterMs = 100;
const sweepEveryMs = 250;
const disconnectMs = 2000;

/**
 * Group commit. kafkajs does not batch, and its idempotent producer loses records under concurrent sends; so one batch is
 * out at a time, and whatever queued up meanwhile makes the next. A batch that fails for a reason that may pass is sent
 * again as it was, before anything newer: the broker knows it by its sequence, and order is kept.
 */
export function createRecordProducer(client: KafkaClient, options: ProducerOptions = {}): RecordProducer {
  return new GroupCommitProducer(client, options);
}

class GroupCommitProducer implements RecordProducer {
  readonly #client: KafkaClient;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #queue: SendQueue;
  /** Where the partitioner put each message: kafkajs only tells a batch's first offset per partition. */
  readonly #partitions = new WeakMap<Message, number>();
  #producer: Producer;
  #connected: Promise<void> | null = null;
  #pumping: Promise<void> | null = null;
  #out: readonly Queued[] = [];
  #healthy = false;
  #closing: Promise<void> | null = null;

  constructor(client: KafkaClient, options: ProducerOptions) {
    this.#client = client;
    this.#clock = options.clock ?? systemClock;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    this.#queue = new SendQueue(options.maxRecords ?? 100_000, options.maxBytes ?? 64 * 1024 * 1024);
    this.#producer = this.#newProducer();
  }

  async connect(): Promise<void> {
    this.#connected ??= this.#producer.connect();
    try {
      await this.#connected;
      this.#healthy = true;
    } catch (error) {
      this.#connected = null;
      throw new BridgeError("BROKER_UNAVAILABLE", `no Kafka broker can be used: ${messageOf(error)}`, { cause: error });
    }
  }

  send(record: OutboundRecord): Promise<RecordPosition> {
    if (this.#closing !== null) return Promise.reject(new BridgeError("CLOSED", "the producer is closed"));
    return new Promise((resolve, reject) => {
      if (!this.#queue.add({ record, giveUpAtMs: this.#clock.monotonicMs() + this.#timeoutMs, resolve, reject })) {
        reject(new BridgeError("QUEUE_FULL", "too many records wait to be written: the broker is slow or away"));
        return;
      }
      this.#pumping ??= this.#pump();
    });
  }

  ready(): boolean {
    return this.#healthy;
  }

  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<void> {
    await bounded(this.#pumping ?? Promise.resolve(), deadlineMs, this.#clock);
    const closed = new BridgeError("CLOSED", "the producer was closed before the record was acknowledged");
    for (const queued of [...this.#out, ...this.#queue.takeAll()]) queued.reject(closed);
    await bounded(this.#producer.disconnect(), disconnectMs, this.#clock);
    this.#healthy = false;
  }

  async #pump(): Promise<void> {
    // Everything sent in this turn of the event loop makes one batch.
    await Promise.resolve();
    const sweeper = this.#sweep();
    while (this.#queue.size > 0) {
      this.#out = this.#queue.take();
      await this.#deliver(this.#out);
      this.#out = [];
    }
    sweeper.cancel();
    this.#pumping = null;
  }

  /** Sends a batch until every record of it is acknowledged, refused or given up. Never rejects. */
  async #deliver(batch: readonly Queued[]): Promise<void> {
    let left = batch;
    while (left.length > 0) {
      try {
        await this.connect();
        await this.#sendBatch(left);
        return;
      } catch (error) {
        const failure = classifySendFailure(error);
        if (failure.kind === "record") {
          // kafkajs fails a whole batch for one record: each goes alone, so that only the guilty one is refused.
          if (left.length > 1) for (const queued of left) await this.#deliver([queued]);
          else left[0]?.reject(refused(left[0].record, failure.type, error));
          return;
        }
        this.#healthy = false;
        if (failure.kind === "sequence") await this.#renew();
        left = this.#stillWanted(left, error);
        if (left.length > 0) await this.#wait(retryAfterMs);
      }
    }
  }

  async #sendBatch(batch: readonly Queued[]): Promise<void> {
    const messages = batch.map(({ record }) => messageOfRecord(record));
    const topics = new Map<string, ProducerRecord>();
    batch.forEach(({ record: { topic } }, at) => {
      const message = messages[at];
      const entry = topics.get(topic) ?? { topic, messages: [] };
      if (message !== undefined) entry.messages.push(message);
      topics.set(topic, entry);
    });
    const acknowledged = await this.#producer.sendBatch({ acks: -1, topicMessages: [...topics.values()] });
    this.#healthy = true;
    const next = new Map(
      acknowledged.map((metadata) => [partitionKey(metadata.topicName, metadata.partition), firstOffset(metadata)]),
    );
    batch.forEach((queued, at) => {
      const message = messages[at];
      const partition = message === undefined ? undefined : this.#partitions.get(message);
      const key = partitionKey(queued.record.topic, partition ?? -1);
      const offset = next.get(key);
      // A send to a partition that does not exist resolves without metadata for it: that is no acknowledgement.
      if (offset === undefined || partition === undefined) return queued.reject(noSuchPartition(queued.record));
      next.set(key, offset + 1);
      queued.resolve({ partition, offset });
    });
  }

  #stillWanted(batch: readonly Queued[], error: unknown): readonly Queued[] {
    const nowMs = this.#clock.monotonicMs();
    for (const queued of batch)
      if (nowMs >= queued.giveUpAtMs || this.#closing !== null) queued.reject(notWritten(queued.record, error));
    return this.#closing === null ? batch.filter((queued) => nowMs < queued.giveUpAtMs) : [];
  }

  /** Keeps the promise of `timeoutMs` while a send hangs. */
  #sweep(): { cancel(): void } {
    let timer = this.#clock.after(sweepEveryMs, tick.bind(this));
    function tick(this: GroupCommitProducer): void {
      const nowMs = this.#clock.monotonicMs();
      const overdue = [...this.#out.filter((queued) => nowMs >= queued.giveUpAtMs), ...this.#queue.takeOverdue(nowMs)];
      for (const queued of overdue) queued.reject(notWritten(queued.record, null));
      timer = this.#clock.after(sweepEveryMs, tick.bind(this));
    }
    return { cancel: () => timer.cancel() };
  }

  async #renew(): Promise<void> {
    const old = this.#producer;
    this.#producer = this.#newProducer();
    this.#connected = null;
    await bounded(old.disconnect(), disconnectMs, this.#clock);
  }

  #newProducer(): Producer {
    return this.#client.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => {
        const choose = Partitioners.DefaultPartitioner();
        return (args) => {
          const partition = choose(args);
          this.#partitions.set(args.message, partition);
          return partition;
        };
      },
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 4 },
    });
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(ms, resolve);
    });
  }
}

function messageOfRecord({ key, value, headers, partition }: OutboundRecord): Message {
  return { key, value, headers: { ...headers }, ...(partition === undefined ? {} : { partition }) };
}

function partitionKey(topic: string, partition: number): string {
  return `${partition} ${topic}`;
}

function firstOffset({ baseOffset, offset }: RecordMetadata): number {
  return Number(baseOffset ?? offset ?? Number.NaN);
}
