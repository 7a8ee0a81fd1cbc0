import { BridgeError, messageOf } from "../errors.ts";
import type { OutboundRecord } from "../model/record.ts";

/** What a failed send means. */
export type SendFailure =
  | { readonly kind: "record"; readonly type: string } // the broker refuses these records; sending them again ends the same
  | { readonly kind: "spent" } // the producer's sequence is lost, or its client can never connect: only a new one can go on
  | { readonly kind: "passing" }; // the same records may be sent again

/** Refusals that concern the records, not the connection. */
const refusals = new Set([
  "MESSAGE_TOO_LARGE",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "INVALID_TOPIC_EXCEPTION",
  "TOPIC_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "INVALID_RECORD",
  "INVALID_TIMESTAMP",
  "POLICY_VIOLATION",
]);

const lostSequences = new Set([
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "DUPLICATE_SEQUENCE_NUMBER",
  "UNKNOWN_PRODUCER_ID",
  "INVALID_PRODUCER_EPOCH",
  "INVALID_PRODUCER_ID_MAPPING",
  "PRODUCER_FENCED",
]);

export function classifySendFailure(error: unknown): SendFailure {
  const types = typesOf(error);
  const refusal = types.find((type) => refusals.has(type));
  if (refusal !== undefined) return { kind: "record", type: refusal };
  return types.some((type) => lostSequences.has(type)) || isStuck(error) ? { kind: "spent" } : { kind: "passing" };
}

/**
 * A broker that hung while a client of kafkajs connected to it leaves the client in a state in which it holds itself for
 * connected and fails each request at once, for ever (broker/index.js: connect() returns before the versions are known).
 */
export function isStuck(error: unknown): boolean {
  let at: unknown = error;
  for (let depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    if (at.message.includes("Broker not connected")) return true;
  }
  return false;
}

/** kafkajs wraps: the protocol's error type stands somewhere down the chain of causes. */
function typesOf(error: unknown): string[] {
  const types: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    const { type } = at as { type?: unknown };
    if (typeof type === "string") types.push(type);
  }
  return types;
}

export function refused(record: OutboundRecord, type: string, cause: unknown): BridgeError {
  if (type === "MESSAGE_TOO_LARGE") {
    const bytes = record.value?.length ?? 0;
    return new BridgeError(
      "RECORD_TOO_LARGE",
      `a record of ${bytes} bytes is more than ${record.topic} takes (max.message.bytes)`,
      { cause },
    );
  }
  return new BridgeError("RECORD_REFUSED", `the broker refuses a record for ${record.topic}: ${type}`, { cause });
}

export function noSuchPartition({ topic, partition }: OutboundRecord): BridgeError {
  const where = partition === undefined ? topic : `${topic}, partition ${partition}`;
  return new BridgeError("RECORD_REFUSED", `nothing acknowledged a record for ${where}: there is no such partition`);
}

export function notWritten({ topic }: OutboundRecord, cause: unknown): BridgeError {
  const why = cause === null ? "no acknowledgement in time" : messageOf(cause);
  return new BridgeError("BROKER_UNAVAILABLE", `a record for ${topic} could not be written in time: ${why}`, { cause });
}
