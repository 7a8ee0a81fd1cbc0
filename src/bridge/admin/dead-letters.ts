import type { LetterDetail, LetterQuery, LetterRow } from "../../admin/contract/dead-letters.ts";
import type { DeadLetters } from "../../admin/ports.ts";
import { BridgeError } from "../../errors.ts";
import { createReader } from "../../kafka/records/reader.ts";
import { jsonOf } from "../../model/json-data.ts";
import type { LetterFilter } from "../../operations/letter-filter.ts";
import { type LetterPlace, letterPage } from "../../operations/letter-page.ts";
import { heldPositions, type OperationParts, readLetter } from "../../operations/letters.ts";
import { type ListedLetter, showLetter } from "../../operations/shown-letter.ts";

/** Each reads the topic from end to end. */
const mostAtOnce = 2;

export function createDeadLetters(parts: OperationParts): DeadLetters {
  const reader = createReader({ registry: parts.registry });
  let running = 0;
  return {
    list: async ({ limit = 50, cursor, ...filter }, signal) => {
      if (running >= mostAtOnce)
        throw new BridgeError("QUEUE_FULL", "dead letters are being looked through for others: ask again");
      running++;
      try {
        const after = cursor === undefined ? null : placeOf(cursor);
        const { letters, next } = await letterPage(parts, filterOf(filter), { limit, after, signal });
        return { items: letters.map(rowOf), next: next === null ? null : cursorOf(next) };
      } finally {
        running--;
      }
    },
    letter: async (partition, offset) => {
      const [at] = await heldPositions(parts, [{ partition, offset }]);
      const filed = at === undefined ? null : await readLetter(parts, at);
      if (filed === null) return null;
      const { attempts, recordedAt, headers, data, unread, ...listed } = await showLetter(
        filed.at,
        filed.letter,
        reader,
      );
      const detail: LetterDetail = {
        row: rowOf({ ...listed, attempts: attempts.length }),
        attempts: attempts.map(({ number, at, ms, kind, detail: text }) => ({ number, at, ms, kind, detail: text })),
        recordedAt,
        headers: { ...headers },
        data: data === null ? null : jsonOf(data, 2),
        unread,
      };
      return detail;
    },
  };
}

/** The filter of the API as the operations have it. */
export function filterOf(query: Omit<LetterQuery, "cursor" | "limit">): LetterFilter {
  const { group, handler, event, object, client, reason, since, until } = query;
  return {
    ...(group === undefined ? {} : { group }),
    ...(handler === undefined ? {} : { handler }),
    ...(event === undefined ? {} : { event }),
    ...(object === undefined ? {} : { objectId: object }),
    ...(client === undefined ? {} : { key: client }),
    ...(reason === undefined ? {} : { reason }),
    ...(since === undefined ? {} : { sinceMs: Date.parse(since) }),
    ...(until === undefined ? {} : { untilMs: Date.parse(until) }),
  };
}

function rowOf({ key, ...letter }: ListedLetter): LetterRow {
  const { position, deadAt, group, handler, event, objectId, reason, detail, attempts, sequence } = letter;
  return { position, deadAt, group, handler, event, objectId, client: key, reason, detail, attempts, sequence };
}

function cursorOf({ deadAt, at }: LetterPlace): string {
  return Buffer.from(`${deadAt} ${at.partition}/${at.offset}`).toString("base64url");
}

/** Throws USAGE for what is none of ours. */
function placeOf(cursor: string): LetterPlace {
  const text = Buffer.from(cursor, "base64url").toString();
  const [, deadAt, partition, offset] = /^(\S{1,40}) (\d{1,9})\/(\d{1,15})$/.exec(text) ?? [];
  if (deadAt === undefined) throw new BridgeError("USAGE", "the cursor is not one that a page named as `next`");
  return { deadAt, at: { partition: Number(partition), offset: Number(offset) } };
}
