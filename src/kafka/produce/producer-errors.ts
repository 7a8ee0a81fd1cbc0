import { BridgeError, messageOf } from "../../errors.ts";
import type { OutboundRecord } from "../../model/record.ts";
import { isStuck, typesOf } from "../connection/broker-errors.ts";

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

export function partitionGone({ topic, partition }: OutboundRecord): BridgeError {
  const where = partition === undefined ? topic : `${topic}, partition ${partition}`;
  return new BridgeError("RECORD_REFUSED", `nothing acknowledged a record for ${where}: there is no such partition`);
}

export function notWritten({ topic }: OutboundRecord, cause: unknown): BridgeError {
  const why = cause === null ? "no acknowledgement in time" : messageOf(cause);
  return new BridgeError("BROKER_UNAVAILABLE", `a record for ${topic} could not be written in time: ${why}`, { cause });
}
