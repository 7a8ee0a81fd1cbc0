import { messageOf } from "../../errors.ts";
import { askBrokers } from "../connection/ask-brokers.ts";
import { typesOf } from "../connection/broker-errors.ts";
import type { KafkaClient } from "../connection/client.ts";

/** How many partitions each of some topics has, kept up to date: partitions are only ever added. */
export interface PartitionCounts {
  /** 0 while it is not known. */
  of(topic: string): number;
  close(): void;
}

const refreshEveryMs = 30_000;
const refreshWithinMs = 10_000;

/** Reads the counts once before it resolves; a topic that does not exist counts 0. Rejects when no broker answers. */
export async function watchPartitionCounts(client: KafkaClient, topics: readonly string[]): Promise<PartitionCounts> {
  const counts = new Map<string, number>();
  const refresh = (): Promise<void> =>
    askBrokers(client, "the reply topics' partitions", refreshWithinMs, async (admin) => {
      for (const topic of topics) {
        try {
          const { topics: found } = await admin.fetchTopicMetadata({ topics: [topic] });
          counts.set(topic, found[0]?.partitions.length ?? 0);
        } catch (error) {
          if (!typesOf(error).includes("UNKNOWN_TOPIC_OR_PARTITION")) throw error;
          client.logger.warn({ topic }, "the reply topic does not exist");
        }
      }
    });
  await refresh();
  const timer = setInterval(() => {
    refresh().catch((error: unknown) => {
      client.logger.warn({ topics, detail: messageOf(error) }, "the reply topics' partitions cannot be read now");
    });
  }, refreshEveryMs);
  timer.unref();
  return { of: (topic) => counts.get(topic) ?? 0, close: () => clearInterval(timer) };
}
