/** What the Kafka room needs to know; config/ declares where the values come from. */

export interface KafkaSettings {
  /** host:port, at least one. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls: TlsSettings | null;
  readonly sasl: SaslSettings | null;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** Paths of PEM files; all optional (system roots, no client certificate). */
export interface TlsSettings {
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
}

export interface SaslSettings {
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
  readonly username: string;
  readonly password: string;
}

export interface RegistrySettings {
  /** Base URL of a registry that speaks Confluent's API. */
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
  /** Longest wait for one answer, milliseconds. */
  readonly timeoutMs: number;
}

export interface TopicSettings {
  readonly partitions: number;
  readonly replicationFactor: number;
}
