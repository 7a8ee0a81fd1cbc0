import { askBrokers } from "../connection/ask-brokers.ts";
import type { KafkaClient } from "../connection/client.ts";

/** What the cluster calls itself; the same for as long as its logs are the same. Throws as `askBrokers`. */
export function clusterIdOf(client: Pick<KafkaClient, "own">, timeoutMs: number): Promise<string> {
  return askBrokers(
    client,
    "which cluster it is",
    timeoutMs,
    async (admin) => (await admin.describeCluster()).clusterId,
  );
}
