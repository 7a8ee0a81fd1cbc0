import type { FormatName } from "./formats.ts";

/** Every setting, declared once: convict reads it, the table in docs/settings.md is generated from it. */

interface Declared<T> {
  readonly doc: string;
  readonly format: FormatName | readonly string[];
  readonly default: T;
  readonly env: string;
  readonly sensitive?: boolean;
}

function setting<T>(env: string, format: FormatName | readonly string[], fallback: T, doc: string): Declared<T> {
  return { doc, format, default: fallback, env };
}

function secret(env: string, doc: string): Declared<string | null> {
  return { doc, format: "text", default: null, env, sensitive: true };
}

const optionalText = (env: string, doc: string): Declared<string | null> =>
  setting<string | null>(env, "text", null, doc);
const list = (env: string, format: FormatName, doc: string): Declared<string[]> =>
  setting<string[]>(env, format, [], doc);

const executionLogs = ["on", "failures", "off"] as const;
const logLevels = ["debug", "info", "warn", "error"] as const;

export const settingsDeclaration = {
  kafka: {
    brokers: list("KAFKA_BROKERS", "host-ports", "Kafka brokers, host:port. Required."),
    clientId: setting(
      "KAFKA_CLIENT_ID",
      "name",
      "provisioning-bridge",
      "Client id shown in the broker's logs and quotas.",
    ),
    tls: setting("KAFKA_TLS", "yes-no", false, "Speak TLS to the brokers."),
    tlsCaFile: optionalText("KAFKA_TLS_CA_FILE", "PEM file of the authorities to trust; default: the system's."),
    tlsCertFile: optionalText("KAFKA_TLS_CERT_FILE", "PEM file of the client certificate, for mutual TLS."),
    tlsKeyFile: optionalText("KAFKA_TLS_KEY_FILE", "PEM file of the client certificate's key."),
    saslMechanism: setting(
      "KAFKA_SASL_MECHANISM",
      ["none", "plain", "scram-sha-256", "scram-sha-512"],
      "none",
      "SASL mechanism.",
    ),
    saslUsername: optionalText("KAFKA_SASL_USERNAME", "SASL user."),
    saslPassword: secret("KAFKA_SASL_PASSWORD", "SASL password."),
    connectionTimeoutMs: setting(
      "KAFKA_CONNECTION_TIMEOUT_MS",
      "milliseconds",
      3000,
      "Longest wait for a connection to a broker.",
    ),
    requestTimeoutMs: setting(
      "KAFKA_REQUEST_TIMEOUT_MS",
      "milliseconds",
      30_000,
      "Longest wait for a broker's answer.",
    ),
  },
  registry: {
    url: setting<string | null>(
      "SCHEMA_REGISTRY_URL",
      "http-url",
      null,
      "Schema registry that speaks Confluent's API. Required.",
    ),
    username: optionalText("SCHEMA_REGISTRY_USERNAME", "User of the registry."),
    password: secret("SCHEMA_REGISTRY_PASSWORD", "Password of the registry."),
    timeoutMs: setting(
      "SCHEMA_REGISTRY_TIMEOUT_MS",
      "milliseconds",
      3000,
      "Longest wait for one answer of the registry.",
    ),
  },
  topics: {
    prefix: setting("TOPIC_PREFIX", "name", "billing", "First part of every topic's name."),
    partitions: setting(
      "TOPIC_PARTITIONS",
      "count",
      6,
      "Partitions of topics that `setup` creates; the ceiling of scaling out.",
    ),
    replicationFactor: setting(
      "TOPIC_REPLICATION_FACTOR",
      "replication",
      -1,
      "Replicas of topics that `setup` creates; -1: the broker's default.",
    ),
    groupPrefix: setting("GROUP_PREFIX", "name", "provisioning-bridge", "First part of every consumer group's name."),
    reply: list(
      "REPLY_TOPICS",
      "names",
      "Topics a request may name for its verdict; default: `<TOPIC_PREFIX>.verdicts`.",
    ),
  },
  handlers: {
    mode: setting(
      "HANDLERS_MODE",
      ["topic", "file"],
      "topic",
      "Where handlers come from: `topic`, the log `<TOPIC_PREFIX>.handlers`, which is changed while everything runs; `file`, HANDLERS_FILE alone, read at the start.",
    ),
    file: optionalText(
      "HANDLERS_FILE",
      "YAML file of the handlers: fills a log in which nothing was ever written, or is the only source (HANDLERS_MODE).",
    ),
    scriptsDir: optionalText("SCRIPTS_DIR", "Folder that holds the scripts handlers may name; default: no scripts."),
    egressAllow: list(
      "EGRESS_ALLOW",
      "cidrs",
      "Private and loopback addresses handlers may have, as addresses or CIDR ranges; public ones need none.",
    ),
  },
  before: {
    deadlineMs: setting(
      "DEADLINE_MS",
      "milliseconds",
      1500,
      "A request's budget, from asking to verdict, where it names none; 500 to 5000.",
    ),
    inFlight: setting(
      "BEFORE_IN_FLIGHT",
      "count",
      1024,
      "Requests decided at once; past it the verdict is `undecided`, `overload`.",
    ),
    inFlightBytes: setting(
      "BEFORE_IN_FLIGHT_BYTES",
      "bytes",
      67_108_864,
      "Bytes of the requests in flight; at it no more are fetched until half of them are answered. At least 1 MiB.",
    ),
  },
  after: {
    inFlight: setting("AFTER_IN_FLIGHT", "count", 128, "Deliveries in flight at once, per handler group."),
    parkAfter: setting(
      "AFTER_PARK_AFTER",
      "count",
      1000,
      "Waiting events of one client after which they are parked, if its handler keeps failing.",
    ),
    heldBytes: setting(
      "AFTER_HELD_BYTES",
      "bytes",
      16_777_216,
      "Bytes of events that all handler groups together hold in memory, shared evenly; each at least 1 MiB.",
    ),
    brakeAfter: setting(
      "AFTER_BRAKE_AFTER",
      "count",
      100,
      "Dead letters in a row, without a delivery between, after which a handler's group stops.",
    ),
  },
  executions: {
    keep: setting(
      "EXECUTION_LOG",
      executionLogs,
      "on",
      "Which calls of handlers are written to `<TOPIC_PREFIX>.executions`: on (all), failures, or off.",
    ),
    bodyBytes: setting(
      "EXECUTION_LOG_BODY_BYTES",
      "body-bytes",
      4096,
      "Bytes of each body, as sent and as it came back, that the execution log keeps; 0: none.",
    ),
  },
  executionIndex: {
    dir: optionalText(
      "EXECUTION_INDEX_DIR",
      "Folder of the execution log's index, one file an instance; default: `provisioning-bridge` in the folder of state of the system or the user.",
    ),
    days: setting("EXECUTION_INDEX_DAYS", "count", 7, "Days that the index keeps."),
    bytes: setting(
      "EXECUTION_INDEX_BYTES",
      "bytes",
      1_073_741_824,
      "Bytes the index may take; the oldest entries go first.",
    ),
  },
  http: {
    host: setting("HTTP_HOST", "text", "0.0.0.0", "Address of the probe listener (/livez, /readyz, /metrics)."),
    port: setting("HTTP_PORT", "port-number", 8080, "Port of the probe listener; 0: any free one."),
  },
  admin: {
    port: setting<number | null>(
      "ADMIN_PORT",
      "optional-port",
      null,
      "Port of the admin interface (API and pages); 0: any free one. Not set: `serve` has none, `admin` takes 8081.",
    ),
    host: setting(
      "ADMIN_HOST",
      "text",
      "127.0.0.1",
      "Address of the admin interface. Another than loopback needs authentication.",
    ),
    hosts: list(
      "ADMIN_HOSTS",
      "host-names",
      "Names under which browsers reach the admin interface, such as that of a proxy; default: those of ADMIN_HOST.",
    ),
    tokensFile: optionalText(
      "ADMIN_TOKENS_FILE",
      "YAML file of who may use the admin interface by a token (`admin token` makes one); read again when it changes.",
    ),
    oidcIssuer: setting<string | null>(
      "ADMIN_OIDC_ISSUER",
      "http-url",
      null,
      "OpenID Connect issuer whose JWTs the admin interface takes; https.",
    ),
    oidcAudience: optionalText(
      "ADMIN_OIDC_AUDIENCE",
      "Audience those JWTs must be for. Required with ADMIN_OIDC_ISSUER.",
    ),
    oidcRoleClaim: setting(
      "ADMIN_OIDC_ROLE_CLAIM",
      "text",
      "roles",
      "Claim that holds somebody's roles, such as `groups` or `realm_access.roles`.",
    ),
    oidcOperators: setting<string[]>(
      "ADMIN_OIDC_OPERATORS",
      "texts",
      ["provisioning-operator"],
      "Values of that claim that make an operator, who may change things.",
    ),
    oidcViewers: setting<string[]>(
      "ADMIN_OIDC_VIEWERS",
      "texts",
      ["provisioning-viewer"],
      "Values of that claim that make a viewer, who may see everything.",
    ),
    oidcUserClaim: setting("ADMIN_OIDC_USER_CLAIM", "text", "sub", "Claim that names somebody in the audit log."),
    insecure: setting(
      "ADMIN_INSECURE",
      "yes-no",
      false,
      "Lets everybody who reaches the admin interface change everything. For a demo on one's own machine.",
    ),
  },
  log: {
    level: setting("LOG_LEVEL", logLevels, "info", "Least level that is logged."),
  },
  drainMs: setting("DRAIN_MS", "milliseconds", 15_000, "Longest wait for work in flight when stopping."),
};

type Values<T> = { readonly [K in keyof T]: T[K] extends { default: infer V } ? Widen<V> : Values<T[K]> };
type Widen<V> = V extends string[] ? readonly string[] : V;

/** Every setting with its value, frozen. */
export type Settings = Values<typeof settingsDeclaration>;
