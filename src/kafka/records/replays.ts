import { messageOf } from "../../errors.ts";
import {
  type HeaderValue,
  type InboundRecord,
  lastHeader,
  type OutboundRecord,
  type RecordHeaders,
} from "../../model/record.ts";
import type { StoredDeadLetter } from "./dead-letter-codec.ts";

/** Where a dead letter stands in its topic. */
export interface LetterPosition {
  readonly partition: number;
  readonly offset: number;
}

/** A dead letter on its way back. */
export interface Replay {
  readonly group: string;
  /** The handler that failed; null: none was reached, so that all of the group's are meant. */
  readonly handler: string | null;
  /** The original: its own topic, partition, offset and headers. */
  readonly record: InboundRecord;
}

export type ReplayReading =
  | { readonly kind: "replay"; readonly replay: Replay }
  /** Somebody else wrote it: it says nobody to whom it would go. */
  | { readonly kind: "foreign"; readonly detail: string };

/** The one header that a replay has more than its original. If the original has one of that name, ours is the last. */
const address = "bridge_replay";

/**
 * The original record once more, under its own key and with its own headers and bytes, so that it is read as it was the
 * first time; and one header, a JSON text that says to whom it goes and where it came from.
 */
export function replayRecord(
  topic: string,
  { group, handler, record }: StoredDeadLetter,
  at: LetterPosition,
): OutboundRecord {
  const { key, value } = record;
  const to = JSON.stringify({
    group,
    handler,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestampMs,
    letter: `${at.partition}/${at.offset}`,
  });
  const headers = { ...record.headers, [address]: [...listed(record.headers[address]), to] };
  return { topic, key, value, headers };
}

/** Never throws. */
export function readReplay(record: InboundRecord): ReplayReading {
  const written = lastHeader(record.headers, address);
  if (written === undefined) return { kind: "foreign", detail: `it has no header ${address}` };
  let to: unknown;
  try {
    to = JSON.parse(written.toString());
  } catch (error) {
    return { kind: "foreign", detail: `its header ${address} is not JSON: ${messageOf(error)}` };
  }
  if (!isAddress(to)) return { kind: "foreign", detail: `its header ${address} is not one of ours` };
  const { group, handler, topic, partition, offset, timestamp } = to;
  const { key, value } = record;
  const headers = withoutAddress(record.headers);
  const original: InboundRecord = { topic, partition, offset, timestampMs: timestamp, key, value, headers };
  return { kind: "replay", replay: { group, handler, record: original } };
}

interface Address {
  readonly group: string;
  readonly handler: string | null;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
}

function isAddress(value: unknown): value is Address {
  if (typeof value !== "object" || value === null) return false;
  const of = (name: keyof Address): unknown => Reflect.get(value, name);
  return (
    typeof of("group") === "string" &&
    (of("handler") === null || typeof of("handler") === "string") &&
    typeof of("topic") === "string" &&
    [of("partition"), of("offset"), of("timestamp")].every(Number.isSafeInteger)
  );
}

function withoutAddress(headers: RecordHeaders): RecordHeaders {
  // Without a prototype, so that a header named like one of its properties is a header like any other.
  const own = Object.create(null) as Record<string, HeaderValue>;
  for (const [name, value] of Object.entries(headers)) if (name !== address) own[name] = value;
  const [first, ...others] = listed(headers[address]).slice(0, -1);
  if (first !== undefined) own[address] = others.length === 0 ? first : [first, ...others];
  return own;
}

function listed(value: HeaderValue): readonly (Buffer | string)[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly (Buffer | string)[]) : [value as Buffer | string];
}
