import type { AttemptRecord, DeadLetter } from "../../after/ports.ts";
import { canonicalEventId } from "../../model/event-catalogue.ts";
import { type InboundRecord, lastHeader, type RecordHeaders } from "../../model/record.ts";
import type { Registry } from "../registry/registry.ts";
import { deadLetterSchema, subjectOf } from "../registry/schemas.ts";
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
        topic: record.topic,
        partition: record.partition,
        offset: record.offset,
        timestamp: record.timestampMs,
        key: record.key,
        value: record.value,
        headers: headerList(record.headers),
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

interface WireHeader {
  readonly name: string;
  readonly value: Buffer;
}

function headerList(headers: RecordHeaders): readonly WireHeader[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const values = Array.isArray(value) ? (value as readonly (Buffer | string)[]) : [value as Buffer | string];
    return values.map((one) => ({ name, value: Buffer.from(one) }));
  });
}

function headersFrom(list: readonly WireHeader[]): RecordHeaders {
  // Without a prototype, so that a header named like one of its properties is a header like any other.
  const headers = Object.create(null) as Record<string, Buffer | Buffer[]>;
  for (const { name, value } of list) {
    const before = headers[name];
    headers[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return headers;
}

// Fields are taken by name, with the schema's defaults for those that an older version of it did not have.
interface Written {
  readonly group: string;
  readonly handler?: string | null;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | bigint;
  readonly timestamp: number | bigint;
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: readonly WireHeader[];
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
    record: {
      topic: written.topic,
      partition: written.partition,
      offset: Number(written.offset),
      timestampMs: Number(written.timestamp),
      key: written.key ?? null,
      value: written.value ?? null,
      headers: headersFrom(written.headers ?? []),
    },
    reason: written.reason,
    detail: written.detail ?? "",
    eventId: written.event_id ?? null,
    attempts: written.attempts ?? [],
    deadAt: written.dead_at,
  };
}
