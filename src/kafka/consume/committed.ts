import { partitionId, type TopicPartition } from "../../model/record.ts";
import type { LostRange } from "../../model/record-source.ts";
import { askBrokers } from "../connection/ask-brokers.ts";
import type { KafkaClient } from "../connection/client.ts";

/** What a group has committed of a partition, and what the partition still holds. */
export interface Committed extends TopicPartition {
  /** The next offset to read; null when nothing was committed. */
  readonly offset: number | null;
  readonly metadata: string | null;
  /** The first offset that is kept, and the one after the last. */
  readonly logStart: number;
  readonly logEnd: number;
}

/** Reads what a group has committed of these topics; null when that cannot be had within `ms` milliseconds. */
export function readCommitted(
  client: Pick<KafkaClient, "own">,
  groupId: string,
  topics: readonly string[],
  ms: number,
): Promise<readonly Committed[] | null> {
  return askCommitted(client, groupId, topics, ms).catch(() => null);
}

/** The same; no topics: all of which the group has committed anything. Throws as `askBrokers`. */
export function askCommitted(
  client: Pick<KafkaClient, "own">,
  groupId: string,
  topics: readonly string[],
  ms: number,
): Promise<readonly Committed[]> {
  return askBrokers(client, `what ${groupId} has committed`, ms, async (admin) => {
    const offsets = await admin.fetchOffsets({ groupId, topics: [...topics] });
    const logs = await Promise.all(
      offsets.map(async ({ topic }) => [topic, await admin.fetchTopicOffsets(topic)] as const),
    );
    const ends = new Map(
      logs.flatMap(([topic, list]) =>
        list.map((log) => [partitionId({ topic, partition: log.partition }), log] as const),
      ),
    );
    return offsets.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset, metadata }) => {
        const log = ends.get(partitionId({ topic, partition }));
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
  });
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
