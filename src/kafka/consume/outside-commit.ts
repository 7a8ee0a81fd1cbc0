import type { TopicPartition } from "../../model/record.ts";
import { typesOf } from "../connection/broker-errors.ts";
import type { KafkaClient } from "../connection/client.ts";
import { connectWithin, disconnectWithin } from "../connection/connect-within.ts";
import { type InternalCluster, internalCluster } from "../connection/internal-cluster.ts";
import { persistently } from "../connection/persistently.ts";

export interface PinnedPosition extends TopicPartition {
  /** The next offset to read. */
  readonly offset: number;
}

const membersThere = new Set(["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION", "REBALANCE_IN_PROGRESS"]);

/**
 * Commits positions of a group without joining it, by one OffsetCommit, which the broker refuses while the group has
 * members: false then, and nothing has changed. Metadata that was there is gone. (kafkajs's admin.setOffsets joins the group
 * to the same end, which takes up to 5 s.)
 */
export async function commitFromOutside(
  cluster: InternalCluster,
  groupId: string,
  positions: readonly PinnedPosition[],
): Promise<boolean> {
  const byTopic = Map.groupBy(positions, ({ topic }) => topic);
  const coordinator = await cluster.findGroupCoordinator({ groupId });
  try {
    await coordinator.offsetCommit({
      groupId,
      groupGenerationId: -1,
      memberId: "",
      topics: [...byTopic].map(([topic, list]) => ({
        topic,
        partitions: list.map(({ partition, offset }) => ({ partition, offset: String(offset), metadata: "" })),
      })),
    });
    return true;
  } catch (error) {
    if (typesOf(error).some((type) => membersThere.has(type))) return false;
    throw error;
  }
}

/**
 * The same over a connection of its own. Throws BridgeError BROKER_UNAVAILABLE, TIMED_OUT, or SETTINGS_INVALID (no right
 * to), within `timeoutMs` and two seconds.
 */
export async function setPositions(
  client: Pick<KafkaClient, "own">,
  groupId: string,
  positions: readonly PinnedPosition[],
  timeoutMs: number,
): Promise<"written" | "has-members"> {
  const giveUpAtMs = performance.now() + timeoutMs;
  const { kafka, dropSockets } = client.own();
  const cluster = internalCluster(kafka);
  const what = `the positions of the group ${groupId}`;
  try {
    await connectWithin(timeoutMs, cluster);
    const written = await persistently(what, giveUpAtMs, () => commitFromOutside(cluster, groupId, positions));
    return written ? "written" : "has-members";
  } finally {
    await disconnectWithin(2000, dropSockets, cluster);
  }
}
