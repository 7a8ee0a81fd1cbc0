import { setTimeout as sleep } from "node:timers/promises";
import type { Admin } from "kafkajs";

const longestMs = 20_000;

/** Makes topics and waits until the broker knows them: kafkajs's own waiting gives up at a broker that is slow to. */
export async function makeTopics(admin: Admin, topics: readonly string[], partitions: number): Promise<void> {
  const made = topics.map((topic) => ({ topic, numPartitions: partitions }));
  await admin.createTopics({ topics: made, waitForLeaders: false });
  const giveUpAtMs = performance.now() + longestMs;
  for (;;) {
    let cause: unknown = "a partition has no leader";
    try {
      const about = await admin.fetchTopicMetadata({ topics: [...topics] });
      if (about.topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= giveUpAtMs) {
      throw new Error(`the broker does not know ${topics.join(", ")} after ${longestMs / 1000} s`, { cause });
    }
    await sleep(100);
  }
}
