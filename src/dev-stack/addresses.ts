/** Where a development stack can be reached. */
export interface StackAddresses {
  /** Where it comes from: the environment, Docker compose, or Java processes fetched by Maven. */
  readonly kind: "configured" | "docker" | "maven";
  /** host:port, comma-separated where there are several; the value of KAFKA_BROKERS. */
  readonly kafkaBrokers: string;
  /** Base URL of Confluent's API; the value of SCHEMA_REGISTRY_URL. */
  readonly schemaRegistryUrl: string;
  /** The TLS listener of a stack that was started with `secure`, else null. */
  readonly secure: SecureAddresses | null;
}

/** A SASL_SSL listener and its one user, who may log in by each of the mechanisms. */
export interface SecureAddresses {
  readonly kafkaBrokers: string;
  /** PEM file of the certificate to trust. */
  readonly caFile: string;
  readonly mechanisms: readonly ("scram-sha-256" | "plain")[];
  readonly username: string;
  readonly password: string;
}

/** The variables that make every other command use this stack. */
export function environmentOf(addresses: StackAddresses): { KAFKA_BROKERS: string; SCHEMA_REGISTRY_URL: string } {
  return { KAFKA_BROKERS: addresses.kafkaBrokers, SCHEMA_REGISTRY_URL: addresses.schemaRegistryUrl };
}
