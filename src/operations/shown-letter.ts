import { createHash } from "node:crypto";
import type { StoredAttempt, StoredDeadLetter } from "../kafka/records/dead-letter-codec.ts";
import { parseEventHeaders } from "../kafka/records/headers.ts";
import type { LetterPosition } from "../kafka/records/replays.ts";
import type { Data } from "../model/data.ts";
import { maskData, maskText, secretValues } from "../model/mask.ts";
import type { RecordReader } from "../model/reading.ts";
import { type HeaderValue, type RecordHeaders, sequenceOf } from "../model/record.ts";
import { positionText } from "./letters.ts";

/** A row of a list: nothing of the event's data. */
export interface ListedLetter {
  readonly position: string;
  /** ISO 8601. */
  readonly deadAt: string;
  readonly group: string;
  readonly handler: string | null;
  readonly event: string | null;
  /** Null also where only the data would tell. */
  readonly objectId: string | null;
  readonly key: string | null;
  readonly reason: string;
  readonly detail: string;
  /** How many stand in the letter: the last ones, at most 20. */
  readonly attempts: number;
  /** `topic/partition/offset` of the original. */
  readonly sequence: string;
}

/** A dead letter whole, as people may see it: what is secret is masked. */
export interface ShownLetter extends Omit<ListedLetter, "attempts"> {
  readonly attempts: readonly StoredAttempt[];
  /** Timestamp of the original record, ISO 8601; null where it has none. */
  readonly recordedAt: string | null;
  /** Of other headers than those of an event only the size: nobody knows what they hold. */
  readonly headers: Readonly<Record<string, string>>;
  /** The event's data with "***" for each secret; null when the value cannot be read, and is not shown for that reason. */
  readonly data: Data | null;
  /** Why there is no data. */
  readonly unread: string | null;
  readonly value: { readonly bytes: number; readonly sha256: string } | null;
}

export function listedLetter(at: LetterPosition, letter: StoredDeadLetter): ListedLetter {
  const { group, handler, record, reason, detail, eventId, attempts, deadAt } = letter;
  return {
    position: positionText(at),
    deadAt,
    group,
    handler,
    event: eventId,
    objectId: parseEventHeaders(record.headers).subject ?? null,
    key: keyText(record.key),
    reason,
    detail,
    attempts: attempts.length,
    sequence: sequenceOf(record),
  };
}

/** Reads the letter's event, to know which of its fields are secret. */
export async function showLetter(
  at: LetterPosition,
  letter: StoredDeadLetter,
  reader: Pick<RecordReader, "read">,
): Promise<ShownLetter> {
  const { record } = letter;
  const reading = await reader.read(record);
  const event = reading.kind === "event" ? reading.event : null;
  // Texts for people hold no secret by their own rules; what is known to be one is taken out all the same.
  const secrets = event === null ? [] : secretValues(event.data, event.shape);
  const masked = (text: string): string => maskText(text, secrets);
  const listed = listedLetter(at, letter);
  return {
    ...listed,
    objectId: event?.objectId ?? listed.objectId,
    detail: masked(listed.detail),
    attempts: letter.attempts.map((attempt) => ({ ...attempt, detail: masked(attempt.detail) })),
    recordedAt: timeText(record.timestampMs),
    headers: shownHeaders(record.headers, masked),
    data: event === null ? null : maskData(event.data, event.shape),
    unread: reading.kind === "event" ? null : reading.detail,
    value: record.value === null ? null : { bytes: record.value.length, sha256: sha256(record.value) },
  };
}

/** UTF-8 where it is that, and fit to print; else base64. Null: no key. */
export function keyText(key: Buffer | null): string | null {
  if (key === null) return null;
  const text = key.toString();
  return Buffer.from(text).equals(key) && !/\p{Cc}/u.test(text) ? text : `base64:${key.toString("base64")}`;
}

const eventHeaderNames = /^(?:ce_[a-z]+|traceparent|tracestate)$/;

function shownHeaders(headers: RecordHeaders, masked: (text: string) => string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const texts = listed(value).map((one) =>
        eventHeaderNames.test(name) ? masked(one.toString()) : `(${one.length} bytes)`,
      );
      return [name, texts.join(", ")];
    }),
  );
}

function listed(value: HeaderValue): readonly Buffer[] {
  const list = Array.isArray(value) ? (value as readonly (Buffer | string)[]) : [value as Buffer | string | undefined];
  return list.flatMap((one) => (one === undefined ? [] : [Buffer.from(one)]));
}

function timeText(epochMs: number): string | null {
  const date = new Date(epochMs);
  return epochMs < 0 || Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function sha256(value: Buffer): string {
  return createHash("sha256").update(value).digest("hex");
}
