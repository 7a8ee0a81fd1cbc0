import type { Settings } from "../config/settings.ts";
import { BridgeError } from "../errors.ts";
import type { KafkaSettings, RegistrySettings, SaslSettings, TopicSettings } from "../kafka/settings.ts";

/** The settings as the Kafka room wants them. */

export function kafkaSettings({ kafka }: Pick<Settings, "kafka">): KafkaSettings {
  return {
    brokers: kafka.brokers,
    clientId: kafka.clientId,
    tls: kafka.tls ? { caFile: kafka.tlsCaFile, certFile: kafka.tlsCertFile, keyFile: kafka.tlsKeyFile } : null,
    sasl: saslSettings(kafka),
    connectionTimeoutMs: kafka.connectionTimeoutMs,
    requestTimeoutMs: kafka.requestTimeoutMs,
  };
}

function saslSettings({ saslMechanism, saslUsername, saslPassword }: Settings["kafka"]): SaslSettings | null {
  if (saslMechanism === "none" || saslUsername === null || saslPassword === null) return null;
  // The format of the setting admits nothing else.
  return { mechanism: saslMechanism as SaslSettings["mechanism"], username: saslUsername, password: saslPassword };
}

/** Throws SETTINGS_INVALID when no registry is named; `loadConnectedSettings` says it better, and first. */
export function registrySettings({ registry }: Pick<Settings, "registry">): RegistrySettings {
  if (registry.url === null) throw new BridgeError("SETTINGS_INVALID", "SCHEMA_REGISTRY_URL is not set");
  return { url: registry.url, username: registry.username, password: registry.password, timeoutMs: registry.timeoutMs };
}

export function topicSettings({ topics }: Pick<Settings, "topics">): TopicSettings {
  return { partitions: topics.partitions, replicationFactor: topics.replicationFactor };
}
