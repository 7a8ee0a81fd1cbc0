import type { InboundRecord, RecordHeaders } from "../../model/record.ts";

/** A record that another one carries whole, in the words of DeadLetter.avsc and ParkedRecord.avsc. */
export interface CarriedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | bigint;
  /** Milliseconds since 1970 UTC. */
  readonly timestamp: number | bigint;
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  /** One that stood twice stands twice. */
  readonly headers?: readonly CarriedHeader[];
}

export interface CarriedHeader {
  readonly name: string;
  readonly value: Buffer;
}

export function carry(record: InboundRecord): Required<CarriedRecord> {
  return {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestampMs,
    key: record.key,
    value: record.value,
    headers: headerList(record.headers),
  };
}

/** The record as it was, with its headers as bytes; one that stood twice is a list. */
export function unpack(carried: CarriedRecord): InboundRecord {
  return {
    topic: carried.topic,
    partition: carried.partition,
    offset: Number(carried.offset),
    timestampMs: Number(carried.timestamp),
    key: carried.key ?? null,
    value: carried.value ?? null,
    headers: headersFrom(carried.headers ?? []),
  };
}

function headerList(headers: RecordHeaders): readonly CarriedHeader[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const values = Array.isArray(value) ? (value as readonly (Buffer | string)[]) : [value as Buffer | string];
    return values.map((one) => ({ name, value: Buffer.from(one) }));
  });
}

function headersFrom(list: readonly CarriedHeader[]): RecordHeaders {
  // Without a prototype, so that a header named like one of its properties is a header like any other.
  const headers = Object.create(null) as Record<string, Buffer | Buffer[]>;
  for (const { name, value } of list) {
    const before = headers[name];
    headers[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return headers;
}
