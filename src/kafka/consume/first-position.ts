import type { Admin } from "kafkajs";
import { askBrokers } from "../connection/ask-brokers.ts";
import type { KafkaClient } from "../connection/client.ts";
import { connectWithin, disconnectWithin } from "../connection/connect-within.ts";
import { internalCluster } from "../connection/internal-cluster.ts";
import { persistently } from "../connection/persistently.ts";
import { commitFromOutside, type PinnedPosition } from "./outside-commit.ts";

/** Where a group begins: with what is still kept, or with what comes from now on. */
export type FirstPosition = "start" | "end";
/** With what came since a time. */
export interface SinceTime {
  readonly sinceMs: number;
}

export interface Pinning {
  readonly pinned: readonly PinnedPosition[];
  /** Topics the group has no position in, which could not be written because it has members already. */
  readonly inUse: readonly string[];
}

/**
 * Writes a group's first position as committed offsets, before its first join: "latest" would otherwise be whatever is
 * the end when the consumer gets there, and everything between would be lost without a trace. A topic in which the group
 * has any position is left alone: its other partitions are new ones, which are read from their start.
 *
 * From outside the group, which the broker refuses while it has members: an instance that joined first wins.
 * Throws BridgeError BROKER_UNAVAILABLE, TIMED_OUT, NOT_SET_UP, SETTINGS_INVALID (no right to), within `timeoutMs`
 * [10,000] and two seconds.
 */
export async function pinFirstPosition(
  client: Pick<KafkaClient, "own">,
  groupId: string,
  topics: readonly string[],
  position: FirstPosition | SinceTime,
  timeoutMs = 10_000,
): Promise<Pinning> {
  if (topics.length === 0) return { pinned: [], inUse: [] };
  const giveUpAtMs = performance.now() + timeoutMs;
  const what = `the first position of the group ${groupId}`;
  const { kafka, dropSockets } = client.own();
  const admin = kafka.admin();
  const cluster = internalCluster(kafka);
  try {
    await connectWithin(giveUpAtMs - performance.now(), admin);
    const wanted = await persistently(what, giveUpAtMs, () => positions(admin, groupId, topics, position));
    if (wanted.length === 0) return { pinned: [], inUse: [] };
    await connectWithin(giveUpAtMs - performance.now(), cluster);
    const written = await persistently(what, giveUpAtMs, () => commitFromOutside(cluster, groupId, wanted));
    if (written) return { pinned: wanted, inUse: [] };
    // Members: most likely another instance, which wrote the same a moment ago.
    const missing = await persistently(what, giveUpAtMs, () => unpositioned(admin, groupId, topics));
    return { pinned: [], inUse: missing };
  } finally {
    await disconnectWithin(2000, dropSockets, admin, cluster);
  }
}

/** The topics in which the group has no committed offset at all. */
async function unpositioned(admin: Admin, groupId: string, topics: readonly string[]): Promise<readonly string[]> {
  const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
  return committed
    .filter(({ partitions }) => partitions.every(({ offset }) => Number(offset) < 0))
    .map(({ topic }) => topic);
}

async function positions(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
  position: FirstPosition | SinceTime,
): Promise<readonly PinnedPosition[]> {
  const missing = await unpositioned(admin, groupId, topics);
  const found = await Promise.all(missing.map((topic) => positionsIn(admin, topic, position)));
  return found.flat();
}

async function positionsIn(
  admin: Admin,
  topic: string,
  position: FirstPosition | SinceTime,
): Promise<readonly PinnedPosition[]> {
  if (typeof position === "object") {
    // Where nothing came since then, kafkajs answers with the end.
    const since = await admin.fetchTopicOffsetsByTimestamp(topic, position.sinceMs);
    return since.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }));
  }
  const ends = await admin.fetchTopicOffsets(topic);
  return ends.map(({ partition, low, high }) => ({
    topic,
    partition,
    offset: Number(position === "start" ? low : high),
  }));
}

/** What `pinFirstPosition` would write, for a member of the group to write it. Throws as that does. */
export function missingPositions(
  client: Pick<KafkaClient, "own">,
  groupId: string,
  topics: readonly string[],
  position: FirstPosition | SinceTime,
  timeoutMs = 10_000,
): Promise<readonly PinnedPosition[]> {
  const what = `the first position of the group ${groupId}`;
  return askBrokers(client, what, timeoutMs, (admin) => positions(admin, groupId, topics, position));
}
