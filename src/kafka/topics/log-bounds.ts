import { askBrokers } from "../connection/ask-brokers.ts";
import { asMissingTopic } from "../connection/broker-errors.ts";
import type { KafkaClient } from "../connection/client.ts";
import type { LogRange } from "../consume/log-reader.ts";

/**
 * What each partition of a topic holds now: from its first record, or from the first that is not older than `sinceMs`
 * (milliseconds since 1970 UTC, by the records' timestamps). Throws BridgeError NOT_SET_UP when the topic is missing, else
 * as `askBrokers`.
 */
export function logBounds(
  client: Pick<KafkaClient, "own">,
  topic: string,
  sinceMs: number | null,
  timeoutMs: number,
): Promise<readonly LogRange[]> {
  return askBrokers(client, `what ${topic} holds`, timeoutMs, async (admin) => {
    try {
      const logs = await admin.fetchTopicOffsets(topic);
      const since = sinceMs === null ? [] : await admin.fetchTopicOffsetsByTimestamp(topic, Math.max(sinceMs, 0));
      const starts = new Map(since.map(({ partition, offset }) => [partition, Number(offset)]));
      return logs
        .map(({ partition, low, high }) => {
          const until = Number(high);
          // Records that came meanwhile belong to neither end.
          return { topic, partition, from: Math.min(starts.get(partition) ?? Number(low), until), until };
        })
        .sort((left, right) => left.partition - right.partition);
    } catch (error) {
      throw asMissingTopic(topic, error);
    }
  });
}

/** What each partition of these topics holds now; a topic that does not exist is left out. Throws as `askBrokers`. */
export function boundsOfTopics(
  client: Pick<KafkaClient, "own">,
  topics: readonly string[],
  timeoutMs: number,
): Promise<readonly LogRange[]> {
  return askBrokers(client, "what the topics hold", timeoutMs, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const found = topics.filter((topic) => existing.has(topic));
    const logs = await Promise.all(found.map(async (topic) => [topic, await admin.fetchTopicOffsets(topic)] as const));
    return logs.flatMap(([topic, list]) =>
      list
        .map(({ partition, low, high }) => ({ topic, partition, from: Number(low), until: Number(high) }))
        .sort((left, right) => left.partition - right.partition),
    );
  });
}
