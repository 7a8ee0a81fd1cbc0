import { type Message, Partitioners, type PartitionMetadata } from "kafkajs";
import type { Queued } from "../../../src/kafka/produce/send-queue.ts";

/**
 * Where each record goes, chosen once and kept over its retries, as `BatchSender` does. By kafkajs's partitioner for all
 * libraries alike: what is measured is what they do with a record.
 */
export class ChosenPartitions {
  readonly #choose = Partitioners.DefaultPartitioner();
  readonly #chosen = new WeakMap<Queued, number>();
  readonly #topics = new Map<string, PartitionMetadata[]>();

  has(topic: string): boolean {
    return this.#topics.has(topic);
  }

  learn(topic: string, count: number): void {
    const one = { partitionErrorCode: 0, leader: 0, replicas: [], isr: [] };
    this.#topics.set(
      topic,
      Array.from({ length: count }, (_, partitionId) => ({ ...one, partitionId })),
    );
  }

  of(queued: Queued): number {
    const { key, partition, topic, value } = queued.record;
    let chosen = partition ?? this.#chosen.get(queued);
    if (chosen === undefined) {
      const message: Message = { key, value };
      chosen = this.#choose({ topic, message, partitionMetadata: this.#topics.get(topic) ?? [] });
      this.#chosen.set(queued, chosen);
    }
    return chosen;
  }
}
