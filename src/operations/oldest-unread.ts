import type { LogRange, LogReader } from "../kafka/consume/log-reader.ts";
import type { GroupState } from "../kafka/topics/groups.ts";
import type { Clock } from "../model/clock.ts";
import { partitionId } from "../model/record.ts";

/** What is looked up is kept until the group has read it; past so many it is forgotten at once. */
const mostKept = 10_000;

/**
 * How old the oldest record is that a group has not read. Each partition that is behind costs one request, once: what
 * stands at a position does not change. Looking ends after a while, whatever is left, and goes on at the next look.
 */
export class OldestUnread {
  readonly #reader: Pick<LogReader, "first">;
  readonly #clock: Clock;
  readonly #budgetMs: number;
  #kept = new Map<string, number | null>();

  constructor(reader: Pick<LogReader, "first">, clock: Clock, budgetMs: number) {
    this.#reader = reader;
    this.#clock = clock;
    this.#budgetMs = budgetMs;
  }

  /** By group id; where no partition could be looked at, or none is behind, there is no entry. Throws as `LogReader.first`. */
  async look(groups: readonly GroupState[], logs: readonly LogRange[]): Promise<ReadonlyMap<string, number>> {
    const bounds = new Map(logs.map((log) => [partitionId(log), log]));
    const untilMs = this.#clock.monotonicMs() + this.#budgetMs;
    const seen = new Map<string, number | null>();
    const oldest = new Map<string, number>();
    for (const { groupId, positions } of groups)
      for (const { topic, partition, offset } of positions) {
        const log = bounds.get(partitionId({ topic, partition }));
        const from = Math.max(offset, log?.from ?? 0);
        if (log === undefined || from >= log.until) continue;
        const place = `${topic}/${partition}/${from}`;
        let writtenMs = this.#kept.get(place) ?? seen.get(place);
        if (writtenMs === undefined && this.#clock.monotonicMs() < untilMs) {
          const record = await this.#reader.first({ topic, partition }, from);
          writtenMs = record?.timestampMs ?? null;
        }
        if (writtenMs === undefined) continue;
        seen.set(place, writtenMs);
        if (writtenMs === null) continue;
        const ageMs = Math.max(0, Math.round(this.#clock.epochMs() - writtenMs));
        oldest.set(groupId, Math.max(oldest.get(groupId) ?? 0, ageMs));
      }
    this.#kept = seen.size > mostKept ? new Map<string, number | null>() : seen;
    return oldest;
  }
}
