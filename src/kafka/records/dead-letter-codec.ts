import type { AttemptRecord, DeadLetter } from "../../after/ports.ts";
import { canonicalEventId } from "../../model/event-catalogue.ts";
import { type InboundRecord, lastHeader } from "../../model/record.ts";
import type { Registry } from "../registry/registry.ts";
import { deadLetterSchema, subjectOf } from "../registry/schemas.ts";
import { type CarriedRecord, carry, unpack } from "./carried-record.ts";
import { readOwnRecord, type Unread } from "./own-record.ts";

/** A dead letter as it was written: the original record whole, so that it can be delivered again. */
export interface StoredDeadLetter {
  readonly group: string;
  readonly handler: string | null;
  /** With its headers as bytes; one that stood twice is a list. */
  readonly record: InboundRecord;
  readonly reason: string;
  readonly detail: string;
  readonly eventId: string | null;
  readonly attempts: readonly StoredAttempt[];
  /** ISO 8601. */
  readonly deadAt: string;
}

export interface StoredAttempt {
  /** From 1. */
  readonly number: number;
  /** ISO 8601. */
  readonly at: string;
  readonly ms: number;
  /** A failure kind; text, because a newer version may know more of them. */
  readonly kind: string;
  readonly detail: string;
  readonly status: number | null;
  readonly exit: number | null;
}

export interface DeadLetterWriter {
  encode(letter: DeadLetter, deadAtMs: number): Buffer;
}

export type DeadLetterReading = { readonly kind: "dead-letter"; readonly letter: StoredDeadLetter } | Unread;

/** Looks the schema up once. Throws BridgeError NOT_SET_UP or REGISTRY_UNAVAILABLE. */
export async function openDeadLetterWriter(
  registry: Pick<Registry, "recordBySchema">,
  topic: string,
): Promise<DeadLetterWriter> {
  const schema = await registry.recordBySchema(subjectOf(topic, deadLetterSchema.record), deadLetterSchema.text);
  return {
    encode(letter, deadAtMs) {
      const { record } = letter;
      const type = lastHeader(record.headers, "ce_type")?.toString();
      return schema.encode({
        group: letter.group,
        handler: letter.handler,
        ...carry(record),
        reason: letter.reason,
        detail: letter.detail,
        event_id: type ? canonicalEventId(type) : null,
        attempts: letter.attempts.map(attemptToWire),
        dead_at: new Date(deadAtMs).toISOString(),
      });
    },
  };
}

/** Reads a dead letter's value with the schema it names. Never rejects. */
export async function readDeadLetter(
  registry: Pick<Registry, "recordById">,
  value: Buffer,
): Promise<DeadLetterReading> {
  const reading = await readOwnRecord(registry, deadLetterSchema.record, value);
  if (reading.kind !== "fields") return reading;
  return { kind: "dead-letter", letter: fromWire(reading.fields as unknown as Written) };
}

function attemptToWire({ number, atMs, ms, failure }: AttemptRecord): StoredAttempt {
  return {
    number,
    at: new Date(atMs).toISOString(),
    ms: Math.round(ms),
    kind: failure.kind,
    detail: failure.detail,
    status: failure.status ?? null,
    exit: failure.exit ?? null,
  };
}

// Fields are taken by name, with the schema's defaults for those that an older version of it did not have.
interface Written extends CarriedRecord {
  readonly group: string;
  readonly handler?: string | null;
  readonly reason: string;
  readonly detail?: string;
  readonly event_id?: string | null;
  readonly attempts?: readonly StoredAttempt[];
  readonly dead_at: string;
}

function fromWire(written: Written): StoredDeadLetter {
  return {
    group: written.group,
    handler: written.handler ?? null,
    record: unpack(written),
    reason: written.reason,
    detail: written.detail ?? "",
    eventId: written.event_id ?? null,
    attempts: written.attempts ?? [],
    deadAt: written.dead_at,
  };
}
