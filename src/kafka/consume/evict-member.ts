import { messageOf } from "../../errors.ts";
import { systemClock } from "../../model/clock.ts";
import { bounded } from "../../model/deadline.ts";
import { typesOf } from "../connection/broker-errors.ts";
import type { KafkaClient } from "../connection/client.ts";
import { internalCluster } from "../connection/internal-cluster.ts";
import { persistently } from "../connection/persistently.ts";

const evictWithinMs = 3000;
const disconnectMs = 1000;

/**
 * Takes a member of ours out of its group, which could not leave by itself: its client ended while the broker was away.
 * A restarted broker remembers its groups, and makes whoever joins wait for the ghost until its session has ended (20 to
 * 30 s of silence). Best effort: never rejects, ends within four seconds.
 */
export async function evictMember(client: KafkaClient, groupId: string, memberId: string): Promise<void> {
  const { kafka, dropSockets } = client.own();
  const cluster = internalCluster(kafka);
  const giveUpAtMs = performance.now() + evictWithinMs;
  const leaving = (async (): Promise<void> => {
    await cluster.connect();
    await persistently(`leaving ${groupId}`, giveUpAtMs, async () => {
      const coordinator = await cluster.findGroupCoordinator({ groupId });
      await coordinator.leaveGroup({ groupId, memberId }).catch((error: unknown) => {
        if (!typesOf(error).includes("UNKNOWN_MEMBER_ID")) throw error;
      });
    });
  })();
  leaving.catch((error: unknown) => {
    client.logger.debug({ groupId, detail: messageOf(error) }, "a former member could not be taken out of its group");
  });
  const ended = await bounded(leaving, evictWithinMs, systemClock);
  if (ended === "done") await bounded(cluster.disconnect(), disconnectMs, systemClock);
  dropSockets();
}
