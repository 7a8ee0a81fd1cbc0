import type { LetterPosition } from "../kafka/records/replays.ts";
import { type InboundRecord, sequenceOf } from "../model/record.ts";
import type { FiledLetter } from "./letters.ts";

/** A dead letter that may be replayed, without its bytes: a plan may hold many. */
export interface Replayable {
  readonly at: LetterPosition;
  readonly group: string;
  readonly handler: string | null;
  readonly deadAtMs: number;
  /** Of the original. */
  readonly record: Pick<InboundRecord, "topic" | "partition" | "offset"> & {
    /** Bytes as Latin-1 text, which loses none; null: none, and no order. */
    readonly key: string | null;
  };
}

export interface ReplayPlan {
  /** In the order in which they go back: for each key as it was the first time, else the oldest letter first. */
  readonly letters: readonly Replayable[];
  /** Letters of a delivery that failed again later: only its newest letter goes back. */
  readonly superseded: number;
}

/** Null for a letter that holds no record: a gap is a range that is gone. */
export function replayable({ at, letter }: FiledLetter): Replayable | null {
  const { group, handler, deadAt, record } = letter;
  if (record.value === null) return null;
  const { topic, partition, offset, key } = record;
  const origin = { topic, partition, offset, key: key?.toString("latin1") ?? null };
  return { at, group, handler, deadAtMs: Date.parse(deadAt), record: origin };
}

/** Puts them in order and keeps one letter of each delivery. Pure. */
export function planReplay(found: readonly Replayable[]): ReplayPlan {
  const newest = new Map<string, Replayable>();
  for (const one of found) {
    const delivery = JSON.stringify([one.group, one.handler, sequenceOf(one.record)]);
    const known = newest.get(delivery);
    if (known === undefined || isNewer(one, known)) newest.set(delivery, one);
  }
  return { letters: inOrder([...newest.values()]), superseded: found.length - newest.size };
}

/** A key's letters of one group stand in one partition, so that their offsets tell. */
function isNewer(left: Replayable, right: Replayable): boolean {
  return left.at.partition === right.at.partition ? left.at.offset > right.at.offset : left.deadAtMs > right.deadAtMs;
}

/**
 * By the time of death, but never a key's later event before its earlier one: a letter counts as no older than those of
 * the events before it, which may have died again since.
 */
function inOrder(letters: readonly Replayable[]): readonly Replayable[] {
  const lanes = Map.groupBy(letters, ({ record: { topic, partition, key } }) =>
    JSON.stringify([topic, partition, key]),
  );
  const timed = [...lanes.values()].flatMap((lane) => {
    let atMs = -Infinity;
    return lane.sort(byOffset).map((letter) => {
      atMs = Math.max(atMs, letter.deadAtMs);
      return { letter, atMs };
    });
  });
  return timed
    .sort((left, right) => left.atMs - right.atMs || byOffset(left.letter, right.letter))
    .map(({ letter }) => letter);
}

function byOffset({ record: left }: Replayable, { record: right }: Replayable): number {
  if (left.topic !== right.topic) return left.topic < right.topic ? -1 : 1;
  return left.partition - right.partition || left.offset - right.offset;
}
