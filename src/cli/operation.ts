import { kafkaSettings, registrySettings } from "../bridge/connections.ts";
import { loadConnectedSettings } from "../config/settings.ts";
import { createKafkaClient } from "../kafka/connection/client.ts";
import { openLogReader } from "../kafka/consume/log-reader.ts";
import { createRegistry } from "../kafka/registry/registry.ts";
import { silentLogger } from "../model/logger.ts";
import { topicNames } from "../model/topics.ts";
import type { OperationParts } from "../operations/letters.ts";

/** What `dead-letters` and `groups` share. */

/** Longest wait for one answer of the brokers. */
const timeoutMs = 15_000;

/** Connects by the settings of the environment, runs, closes. Throws as `loadConnectedSettings` and `openLogReader`. */
export async function withOperation<T>(run: (parts: OperationParts) => Promise<T>): Promise<T> {
  const settings = loadConnectedSettings(process.env, ["topics"]);
  const client = createKafkaClient({ ...kafkaSettings(settings), clientId: "provisioning-bridge-cli" }, silentLogger);
  const reader = await openLogReader(client, timeoutMs);
  try {
    return await run({
      client,
      registry: createRegistry(registrySettings(settings)),
      reader,
      topics: topicNames(settings.topics.prefix),
      groupPrefix: settings.topics.groupPrefix,
      timeoutMs,
    });
  } finally {
    await reader.close();
  }
}

/** `4 s`, `12 min`, `3.5 h`, `2.1 d`. */
export function ageText(ms: number): string {
  const [size, unit] = ages.find(([least]) => ms >= least) ?? [1000, "s"];
  const amount = ms / size;
  return `${unit === "s" || amount >= 10 ? Math.floor(amount) : Math.floor(amount * 10) / 10} ${unit}`;
}

const ages: readonly (readonly [number, string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
];
