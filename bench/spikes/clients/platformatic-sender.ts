import type { Sender } from "../../../src/kafka/produce/producer.ts";
import type { Queued } from "../../../src/kafka/produce/send-queue.ts";
import { ChosenPartitions } from "./chosen-partitions.ts";
import { type AnyProducer, newProducer } from "./platformatic.ts";

/** As much of `BatchSender` as the measurement needs. Errors are thrown as the library has them. */
export class PlatformaticSender implements Sender {
  readonly #brokers: string;
  readonly #partitions = new ChosenPartitions();
  #producer: AnyProducer;

  constructor(brokers: string) {
    this.#brokers = brokers;
    this.#producer = newProducer(brokers);
  }

  async connect(): Promise<void> {
    if (!this.#producer.isConnected()) await this.#producer.connectToBrokers();
  }

  async send(batch: readonly Queued[]): Promise<void> {
    for (const topic of new Set(batch.map(({ record }) => record.topic))) await this.#learn(topic);
    const messages = batch.map((queued) => {
      const { headers, key, topic, value } = queued.record;
      const own = headers as Record<string, string | Buffer>;
      return {
        topic,
        partition: this.#partitions.of(queued),
        headers: own,
        ...(key === null ? {} : { key }),
        ...(value === null ? {} : { value }),
      };
    });
    const { offsets = [] } = await this.#producer.send({ messages });
    const next = new Map(offsets.map(({ offset, partition, topic }) => [`${partition} ${topic}`, Number(offset)]));
    batch.forEach((queued, at) => {
      const { partition = 0, topic = "" } = messages[at] ?? {};
      const place = `${partition} ${topic}`;
      const offset = next.get(place);
      if (offset === undefined) queued.reject(new Error(`nothing acknowledged a record for ${topic}`));
      else {
        next.set(place, offset + 1);
        queued.resolve({ partition, offset });
      }
    });
  }

  async renew(): Promise<void> {
    const old = this.#producer;
    this.#producer = newProducer(this.#brokers);
    await old.close(true);
  }

  async disconnect(): Promise<void> {
    await this.#producer.close(true);
  }

  async #learn(topic: string): Promise<void> {
    if (this.#partitions.has(topic)) return;
    const metadata = await this.#producer.metadata({ topics: [topic] });
    this.#partitions.learn(topic, metadata.topics.get(topic)?.partitionsCount ?? 0);
  }
}
