import { BridgeError } from "../../errors.ts";
import type { InboundRecord, TopicPartition } from "../../model/record.ts";
import { noSuchPartition, typesOf } from "../connection/broker-errors.ts";
import type { KafkaClient } from "../connection/client.ts";
import { connectWithin, disconnectWithin } from "../connection/connect-within.ts";
import { type InternalCluster, internalCluster } from "../connection/internal-cluster.ts";
import { persistently } from "../connection/persistently.ts";
import { inboundRecord } from "./inbound.ts";

/** A part of a partition's log. */
export interface LogRange extends TopicPartition {
  readonly from: number;
  /** Exclusive; not past the end of the log. */
  readonly until: number;
}

export interface LogPage {
  readonly records: readonly InboundRecord[];
  /** Where to go on; the offset that was asked for when nothing stands there. */
  readonly next: number;
  /** Set when the log ends before that offset: records were lost, or the topic was made anew. */
  readonly pastEnd?: true;
}

/**
 * Every method throws BridgeError BROKER_UNAVAILABLE, TIMED_OUT, NOT_SET_UP (no such topic), USAGE (no such partition of it),
 * SETTINGS_INVALID (no right to).
 */
export interface LogReader {
  /**
   * The records of a range, in offset order, as one answer of the broker holds them; what retention took is passed over.
   * Records of transactions that were not committed are among them.
   */
  read(range: LogRange): AsyncGenerator<readonly InboundRecord[], void, void>;
  /** The first record from an offset on; null: there is none yet. */
  first(at: TopicPartition, offset: number): Promise<InboundRecord | null>;
  /** What stands from an offset on, as one answer of the broker holds it; waits `waitMs` [250] where nothing does yet. */
  next(at: TopicPartition, offset: number, waitMs?: number): Promise<LogPage>;
  /** The offset that the next record gets. */
  end(at: TopicPartition): Promise<number>;
  /** The same of several partitions, in one request. */
  ends(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /** Resolves within two seconds. */
  close(): Promise<void>;
}

/** Of one answer, unless a single batch of the producer is larger. */
const answerBytes = 1024 * 1024;
const usualWaitMs = 250;

/**
 * Reads a log without joining a group: nothing is rebalanced, committed or left behind, and any offset costs one request.
 * Each request ends `timeoutMs` later at the latest.
 */
export async function openLogReader(client: Pick<KafkaClient, "own">, timeoutMs: number): Promise<LogReader> {
  const { kafka, dropSockets } = client.own();
  const cluster = internalCluster(kafka);
  const close = (): Promise<void> => disconnectWithin(2000, dropSockets, cluster);
  try {
    await connectWithin(timeoutMs, cluster);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async *read({ from, until, ...at }) {
      let offset = from;
      let giveUpAtMs = performance.now() + timeoutMs;
      while (offset < until) {
        const { records, next } = await page(cluster, at, offset, answerBytes, timeoutMs);
        if (next > offset) giveUpAtMs = performance.now() + timeoutMs;
        else if (performance.now() > giveUpAtMs) {
          throw new BridgeError("TIMED_OUT", `${at.topic}/${at.partition}: nothing came from offset ${offset} on`);
        }
        offset = next;
        const wanted = records.filter((record) => record.offset < until);
        if (wanted.length > 0) yield wanted;
      }
    },
    async first(at, offset) {
      const { records, next } = await page(cluster, at, offset, 1, timeoutMs);
      if (records.length > 0 || next === offset) return records[0] ?? null;
      return (await page(cluster, at, next, 1, timeoutMs)).records[0] ?? null;
    },
    next: (at, offset, waitMs) => page(cluster, at, offset, answerBytes, timeoutMs, waitMs),
    end: (at) =>
      persistently(`asking for the end of ${at.topic}`, performance.now() + timeoutMs, () =>
        offsetOf(cluster, at, false),
      ),
    ends: (topic, partitions) =>
      persistently(`reading ${topic}`, performance.now() + timeoutMs, async () => {
        await cluster.addTargetTopic(topic);
        const wanted = partitions.map((partition) => ({ partition }));
        const [log] = await cluster.fetchTopicsOffset([{ topic, fromBeginning: false, partitions: wanted }]);
        return new Map(log?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
      }),
    close,
  };
}

/** What stands from an offset on, in whole batches. */
function page(
  cluster: InternalCluster,
  at: TopicPartition,
  offset: number,
  maxBytes: number,
  timeoutMs: number,
  waitMs = usualWaitMs,
): Promise<LogPage> {
  return persistently(`reading ${at.topic}`, performance.now() + timeoutMs, async () => {
    try {
      return pageOf(at, offset, await fetchFrom(cluster, at, offset, maxBytes, waitMs));
    } catch (error) {
      const types = typesOf(error);
      if (types.includes("NOT_LEADER_FOR_PARTITION")) await cluster.refreshMetadata();
      if (!types.includes("OFFSET_OUT_OF_RANGE")) throw error;
      const first = await offsetOf(cluster, at, true);
      return first > offset ? { records: [], next: first } : { records: [], next: offset, pastEnd: true };
    }
  });
}

function pageOf(at: TopicPartition, offset: number, messages: readonly Fetched[]): LogPage {
  const last = messages.reduce((highest, message) => Math.max(highest, Number(message.offset)), -1);
  const records = messages
    .filter((message) => message.isControlRecord !== true && Number(message.offset) >= offset)
    .map((message) => inboundRecord(at, message));
  // A batch whose last records were taken out ends before the offset that was asked for: go past it, or stand for ever.
  return { records, next: messages.length === 0 ? offset : Math.max(last, offset) + 1 };
}

type Fetched = Awaited<ReturnType<typeof fetchFrom>>[number];

async function fetchFrom(
  cluster: InternalCluster,
  at: TopicPartition,
  offset: number,
  maxBytes: number,
  waitMs: number,
) {
  const { topic, partition } = at;
  await cluster.addTargetTopic(topic);
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
  if (nodeId === undefined) {
    const there = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
    throw noSuchPartition(topic, partition, there);
  }
  const broker = await cluster.findBroker({ nodeId });
  const { responses } = await broker.fetch({
    isolationLevel: 0,
    maxWaitTime: waitMs,
    minBytes: 1,
    maxBytes,
    topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes }] }],
  });
  return responses.flatMap(({ partitions }) => partitions.flatMap(({ messages }) => messages));
}

/** The first offset that is kept, or the one that the next record gets. */
async function offsetOf(
  cluster: InternalCluster,
  { topic, partition }: TopicPartition,
  fromBeginning: boolean,
): Promise<number> {
  await cluster.addTargetTopic(topic);
  const [log] = await cluster.fetchTopicsOffset([{ topic, fromBeginning, partitions: [{ partition }] }]);
  return Number(log?.partitions[0]?.offset ?? 0);
}
