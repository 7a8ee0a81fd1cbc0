import { bounded } from "../model/bounded.ts";
import type { Clock } from "../model/clock.ts";
import type { TopicPartition } from "../model/record.ts";
import type { KafkaClient } from "./client.ts";

/** What a group has committed of a partition, and what the partition still holds. */
export interface Committed extends TopicPartition {
  /** The next offset to read; null when nothing was committed. */
  readonly offset: number | null;
  readonly metadata: string | null;
  /** The first offset that is kept, and the one after the last. */
  readonly logStart: number;
  readonly logEnd: number;
}

/** Offsets a group should have read and never will: retention took them, or the topic was made anew. */
export interface LostRange extends TopicPartition {
  readonly from: number;
  /** Exclusive. */
  readonly until: number;
}

/** Reads what a group has committed of these topics, over a connection of its own; null when that takes longer than `ms`. */
export async function readCommitted(
  { kafka }: Pick<KafkaClient, "kafka">,
  groupId: string,
  topics: readonly string[],
  ms: number,
  clock: Clock,
): Promise<readonly Committed[] | null> {
  const admin = kafka.admin({ retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 500 } });
  const reading = (async (): Promise<readonly Committed[]> => {
    await admin.connect();
    const offsets = await admin.fetchOffsets({ groupId, topics: [...topics] });
    const logs = await Promise.all(topics.map(async (topic) => [topic, await admin.fetchTopicOffsets(topic)] as const));
    const ends = new Map(
      logs.flatMap(([topic, list]) => list.map((log) => [`${topic}/${log.partition}`, log] as const)),
    );
    return offsets.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset, metadata }) => {
        const log = ends.get(`${topic}/${partition}`);
        return {
          topic,
          partition,
          offset: Number(offset) < 0 ? null : Number(offset),
          metadata: metadata === null || metadata === "" ? null : metadata,
          logStart: Number(log?.low ?? 0),
          logEnd: Number(log?.high ?? Infinity),
        };
      }),
    );
  })();
  const ended = await bounded(reading, ms, clock);
  void reading.then(
    () => admin.disconnect().catch(ignored),
    () => admin.disconnect().catch(ignored),
  );
  return ended === "late" ? null : reading.catch(() => null);
}

/** What of these positions cannot be read any more. */
export function lostRanges(committed: readonly Committed[]): readonly LostRange[] {
  return committed.flatMap(({ topic, partition, offset, logStart, logEnd }) => {
    if (offset === null) return [];
    if (offset < logStart) return [{ topic, partition, from: offset, until: logStart }];
    // A position past the end: the topic was made anew, or its last records are gone. kafkajs starts over at its beginning.
    return offset > logEnd ? [{ topic, partition, from: logEnd, until: offset }] : [];
  });
}

function ignored(): void {
  // The connection is given up either way.
}
