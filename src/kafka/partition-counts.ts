import { messageOf } from "../errors.ts";
import type { KafkaClient } from "./client.ts";

/** How many partitions each of some topics has, kept up to date: partitions are only ever added. */
export interface PartitionCounts {
  /** 0 while it is not known. */
  of(topic: string): number;
  close(): Promise<void>;
}

const refreshEveryMs = 30_000;

/** Reads the counts once before it resolves; a topic that does not exist counts 0. Rejects when no broker answers. */
export async function watchPartitionCounts(client: KafkaClient, topics: readonly string[]): Promise<PartitionCounts> {
  const admin = client.kafka.admin();
  const counts = new Map<string, number>();
  const refresh = async (): Promise<void> => {
    for (const topic of topics) {
      try {
        const { topics: found } = await admin.fetchTopicMetadata({ topics: [topic] });
        counts.set(topic, found[0]?.partitions.length ?? 0);
      } catch (error) {
        client.logger.warn({ topic, detail: messageOf(error) }, "the reply topic's partitions cannot be read now");
      }
    }
  };
  await admin.connect();
  await refresh();
  const timer = setInterval(() => void refresh(), refreshEveryMs);
  timer.unref();
  return {
    of: (topic) => counts.get(topic) ?? 0,
    async close() {
      clearInterval(timer);
      await admin.disconnect().catch(() => undefined);
    },
  };
}
