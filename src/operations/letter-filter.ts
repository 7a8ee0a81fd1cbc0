import type { StoredDeadLetter } from "../kafka/records/dead-letter-codec.ts";
import { parseEventHeaders } from "../kafka/records/headers.ts";
import { canonicalEventId } from "../model/event-catalogue.ts";
import type { RecordReader } from "../model/reading.ts";

/** Which dead letters are meant: those for which all that is given holds. */
export interface LetterFilter {
  readonly group?: string;
  readonly handler?: string;
  /** Aliases included. */
  readonly event?: string;
  readonly objectId?: string;
  /** The record's key as text: the client's id. */
  readonly key?: string;
  readonly reason?: string;
  /** By the time the letter was written, milliseconds since 1970 UTC; `untilMs` is exclusive. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
}

/** Of the letter alone, without decoding its event. Pure. */
export function matchesLetter(letter: StoredDeadLetter, filter: Omit<LetterFilter, "objectId">): boolean {
  const { group, handler, event, key, reason, sinceMs, untilMs } = filter;
  const deadAtMs = Date.parse(letter.deadAt);
  return (
    (group === undefined || letter.group === group) &&
    (handler === undefined || letter.handler === handler) &&
    (event === undefined || letter.eventId === canonicalEventId(event)) &&
    (key === undefined || letter.record.key?.toString() === key) &&
    (reason === undefined || letter.reason === reason) &&
    (sinceMs === undefined || deadAtMs >= sinceMs) &&
    (untilMs === undefined || deadAtMs < untilMs)
  );
}

/**
 * Whether a letter is meant. The object's id stands in a header of every event that a billing client of ours wrote; where
 * it does not, the event is decoded for it, and one that cannot be matches no object's id.
 */
export async function isMeant(
  letter: StoredDeadLetter,
  filter: LetterFilter,
  reader: Pick<RecordReader, "read">,
): Promise<boolean> {
  if (!matchesLetter(letter, filter)) return false;
  if (filter.objectId === undefined) return true;
  const { subject } = parseEventHeaders(letter.record.headers);
  if (subject !== undefined) return subject === filter.objectId;
  const reading = await reader.read(letter.record);
  return reading.kind === "event" && reading.event.objectId === filter.objectId;
}
