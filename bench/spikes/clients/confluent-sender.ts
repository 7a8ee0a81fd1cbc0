import type { Producer } from "@confluentinc/kafka-javascript";
import type { Sender } from "../../../src/kafka/produce/producer.ts";
import type { Queued } from "../../../src/kafka/produce/send-queue.ts";
import { ChosenPartitions } from "./chosen-partitions.ts";
import { headerList, newProducer, type Reported } from "./confluent.ts";

/** As much of `BatchSender` as the measurement needs. Errors are thrown as the library has them. */
export class ConfluentSender implements Sender {
  readonly #brokers: string;
  readonly #partitions = new ChosenPartitions();
  #producer: Promise<Producer> | null = null;

  constructor(brokers: string) {
    this.#brokers = brokers;
  }

  async connect(): Promise<void> {
    this.#producer ??= newProducer(this.#brokers);
    await this.#producer;
  }

  async send(batch: readonly Queued[]): Promise<void> {
    this.#producer ??= newProducer(this.#brokers);
    const producer = await this.#producer;
    for (const topic of new Set(batch.map(({ record }) => record.topic))) await this.#learn(producer, topic);
    await new Promise<void>((resolve, reject) => {
      let open = batch.length;
      for (const queued of batch) {
        const { headers, key, topic, value } = queued.record;
        const reported: Reported = (error, { offset, partition }) => {
          if (error === null) queued.resolve({ partition, offset });
          else reject(error);
          if (--open === 0) resolve();
        };
        producer.produce(topic, this.#partitions.of(queued), value, key, null, reported, headerList(headers));
      }
    });
  }

  async renew(): Promise<void> {
    await this.disconnect();
    this.#producer = null;
  }

  async disconnect(): Promise<void> {
    const producer = await this.#producer;
    await new Promise<void>((resolve) => {
      if (producer === null) resolve();
      else producer.disconnect(2000, () => resolve());
    });
  }

  #learn(producer: Producer, topic: string): Promise<void> {
    if (this.#partitions.has(topic)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      producer.getMetadata({ topic, timeout: 5000 }, (error, metadata) => {
        if ((error as unknown) !== null) return reject(new Error(error.message));
        const about = metadata.topics.find(({ name }) => name === topic);
        this.#partitions.learn(topic, about?.partitions.length ?? 0);
        resolve();
      });
    });
  }
}
