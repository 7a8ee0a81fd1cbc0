import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { Kafka, type KafkaConfig, type LogEntry, logLevel, type SASLOptions } from "kafkajs";
import { BridgeError, messageOf } from "../../errors.ts";
import type { Logger } from "../../model/logger.ts";
import { patchKafkajs } from "../patches/patch-kafkajs.ts";
import type { KafkaSettings, SaslSettings, TlsSettings } from "../settings.ts";
import { installCodecs } from "./compression.ts";
import { OwnSockets } from "./own-sockets.ts";

/** A configured connection to the brokers, from which producers, consumers and admins are made. Opens nothing by itself. */
export interface KafkaClient {
  /** For src/kafka alone: no other room names a type of kafkajs. */
  readonly kafka: Kafka;
  readonly logger: Logger;
  /** With sockets of its own, which can be dropped; for whatever ends before the process does. */
  own(options?: OwnOptions): OwnKafka;
}

export interface OwnOptions {
  /** How often kafkajs itself tries again what fails [6]. Its waits between cannot be ended: none for whoever tries again himself. */
  readonly retries?: number;
}

export interface OwnKafka {
  readonly kafka: Kafka;
  /** For a client of kafkajs with retries of its own: as many, and none once the sockets are dropped. */
  readonly retries: (count: number) => number;
  /** To be called after `disconnect`, which leaves connections and retries behind. */
  readonly dropSockets: () => void;
}

const usualRetries = 6;

/** Throws BridgeError SETTINGS_INVALID when a TLS file cannot be read. */
export function createKafkaClient(settings: KafkaSettings, logger: Logger): KafkaClient {
  installCodecs();
  patchKafkajs();
  const config: KafkaConfig = {
    brokers: [...settings.brokers],
    clientId: settings.clientId,
    connectionTimeout: settings.connectionTimeoutMs,
    authenticationTimeout: settings.connectionTimeoutMs + 2000,
    requestTimeout: settings.requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: usualRetries },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => forward(logger, entry),
    ...(settings.tls === null ? {} : { ssl: tlsOptions(settings.tls) }),
    ...(settings.sasl === null ? {} : { sasl: saslOptions(settings.sasl) }),
  };
  return {
    kafka: new Kafka(config),
    logger,
    own({ retries = usualRetries } = {}) {
      const sockets = new OwnSockets();
      const retry = { ...config.retry, retries: sockets.retries(retries) };
      return {
        kafka: new Kafka({ ...config, retry, socketFactory: sockets.factory }),
        retries: (count) => sockets.retries(count),
        dropSockets: () => sockets.drop(),
      };
    },
  };
}

/**
 * kafkajs logs at error level what it then mends by itself; what matters to us is logged where it is noticed. Of its
 * fields only those are taken over that are known to hold no data.
 */
function forward(logger: Logger, { level, namespace, log }: LogEntry): void {
  const fields = {
    kafkajs: namespace,
    broker: log["broker"] as unknown,
    groupId: log["groupId"] as unknown,
    detail: log["error"] === undefined ? undefined : messageOf(log["error"]),
  };
  if (level <= logLevel.WARN) logger.debug(fields, log.message);
}

function tlsOptions(tls: TlsSettings): ConnectionOptions {
  return {
    ...(tls.caFile === null ? {} : { ca: readPem(tls.caFile) }),
    ...(tls.certFile === null ? {} : { cert: readPem(tls.certFile) }),
    ...(tls.keyFile === null ? {} : { key: readPem(tls.keyFile) }),
  };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new BridgeError("SETTINGS_INVALID", `the TLS file ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function saslOptions({ mechanism, username, password }: SaslSettings): SASLOptions {
  return { mechanism, username, password };
}
