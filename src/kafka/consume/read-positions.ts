import { partitionId, type TopicPartition } from "../../model/record.ts";
import type { LostRange } from "../../model/record-source.ts";

/**
 * Notices when kafkajs goes on somewhere else than where it was: at an offset that retention has taken it starts over at
 * the beginning of the log, and tells nobody. (A group that was disabled for longer than its facts are kept.)
 * Gaps between records are no sign of it, since compaction and transaction markers leave some: what counts is the offset
 * that was asked for.
 */
export class ReadPositions {
  readonly #next = new Map<string, number>();

  /** After a join everything is read from what was committed. */
  joined(): void {
    this.#next.clear();
  }

  /** A batch that was asked for at `fetchedOffset` reaches to `lastOffset`. Returns what was skipped before it, if anything. */
  read(at: TopicPartition, fetchedOffset: number, lastOffset: number): LostRange | null {
    const expected = this.#next.get(partitionId(at));
    this.passed(at, lastOffset);
    if (expected === undefined || !Number.isSafeInteger(fetchedOffset) || fetchedOffset === expected) return null;
    const { topic, partition } = at;
    return { topic, partition, from: Math.min(expected, fetchedOffset), until: Math.max(expected, fetchedOffset) };
  }

  /** A batch without records for us, such as transaction markers alone. */
  passed(at: TopicPartition, lastOffset: number): void {
    this.#next.set(partitionId(at), lastOffset + 1);
  }
}
