import type { KafkaSettings, RegistrySettings } from "../kafka/settings.ts";

/** How the SDK reaches Kafka and the registry where its options do not say. Times in milliseconds. */
export const usualKafka: Omit<KafkaSettings, "brokers" | "clientId"> = {
  tls: null,
  sasl: null,
  connectionTimeoutMs: 3000,
  requestTimeoutMs: 30_000,
};
export const usualRegistry: Omit<RegistrySettings, "url"> = { username: null, password: null, timeoutMs: 3000 };
