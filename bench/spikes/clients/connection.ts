import type { KafkaSettings } from "../../../src/kafka/settings.ts";

export function connection(brokers: string): KafkaSettings {
  const usual = { clientId: "spike", tls: null, sasl: null, connectionTimeoutMs: 2000, requestTimeoutMs: 10_000 };
  return { ...usual, brokers: brokers.split(",") };
}
