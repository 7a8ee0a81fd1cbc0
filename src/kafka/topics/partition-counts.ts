import { messageOf } from "../../errors.ts";
import { askBrokers } from "../connection/ask-brokers.ts";
import { typesOf } from "../connection/broker-errors.ts";
import type { KafkaClient } from "../connection/client.ts";

/** How many partitions each of some topics has, kept up to date: partitions are only ever added. */
export interface PartitionCounts {
  /** Whether there is such a partition. Where there is none, the brokers are asked anew: it may just have been added. */
  has(topic: string, partition: number): boolean;
  close(): void;
}

const refreshEveryMs = 30_000;
const refreshWithinMs = 10_000;
/** Whoever names a partition that does not exist makes us ask this often at most. */
const askAgainAfterMs = 1000;

/** Reads the counts once before it resolves; a topic that does not exist has none. Rejects when no broker answers. */
export async function watchPartitionCounts(client: KafkaClient, topics: readonly string[]): Promise<PartitionCounts> {
  const counts = new Map<string, number>();
  const refresh = (): Promise<void> =>
    askBrokers(client, "the reply topics' partitions", refreshWithinMs, async (admin) => {
      const refused: unknown[] = [];
      for (const topic of topics) {
        try {
          const { topics: found } = await admin.fetchTopicMetadata({ topics: [topic] });
          counts.set(topic, found[0]?.partitions.length ?? 0);
        } catch (error) {
          if (!typesOf(error).includes("UNKNOWN_TOPIC_OR_PARTITION")) refused.push(error);
          else client.logger.warn({ topic }, "the reply topic does not exist");
        }
      }
      // One that may not be read keeps none of the others from being known.
      if (refused.length > 0) throw refused[0];
    });
  await refresh();
  let askedAtMs = performance.now();
  let isAsking = false;
  const ask = (): void => {
    if (isAsking) return;
    isAsking = true;
    askedAtMs = performance.now();
    refresh()
      .catch((error: unknown) => {
        client.logger.warn({ topics, detail: messageOf(error) }, "the reply topics' partitions cannot be read now");
      })
      .finally(() => (isAsking = false));
  };
  const timer = setInterval(ask, refreshEveryMs);
  timer.unref();
  return {
    has(topic, partition) {
      if (partition < (counts.get(topic) ?? 0)) return true;
      if (performance.now() - askedAtMs >= askAgainAfterMs) ask();
      return false;
    },
    close: () => clearInterval(timer),
  };
}
