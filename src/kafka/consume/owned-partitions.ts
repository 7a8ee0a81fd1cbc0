import { partitionId, type TopicPartition } from "../../model/record.ts";
import type { Ownership } from "./sticky-assigner.ts";

/** What a join changed. */
export interface Join {
  readonly kept: readonly TopicPartition[];
  readonly gained: readonly TopicPartition[];
  readonly lost: readonly TopicPartition[];
}

/** What a member owns and has paused, over its joins. */
export class OwnedPartitions {
  #owned = new Map<string, TopicPartition>();
  readonly #paused = new Set<string>();
  #memberId: string | null = null;
  #sinceMs = 0;

  /** Takes a new assignment over. `nowMs`: milliseconds since 1970. */
  join(memberId: string, assigned: readonly TopicPartition[], nowMs: number): Join {
    // Under another member id others may have moved on in what was held: it is void, and all is gained.
    const expelled = this.#memberId !== null && this.#memberId !== memberId;
    const before = expelled ? new Map<string, TopicPartition>() : this.#owned;
    const now = new Map(assigned.map((partition) => [partitionId(partition), partition]));
    this.#memberId = memberId;
    this.#sinceMs = nowMs;
    const lost = [...this.#owned].filter(([name]) => expelled || !now.has(name));
    this.#owned = now;
    // What was lost comes back unpaused, if it comes back: its new owner's state starts anew.
    for (const [name] of lost) this.#paused.delete(name);
    return {
      kept: assigned.filter((partition) => before.has(partitionId(partition))),
      gained: assigned.filter((partition) => !before.has(partitionId(partition))),
      lost: lost.map(([, partition]) => partition),
    };
  }

  /** Null before the first join. */
  get memberId(): string | null {
    return this.#memberId;
  }

  owns(partition: TopicPartition): boolean {
    return this.#owned.has(partitionId(partition));
  }

  all(): readonly TopicPartition[] {
    return [...this.#owned.values()];
  }

  isPaused(partition: TopicPartition): boolean {
    return this.#paused.has(partitionId(partition));
  }

  /** Of a partition that is not owned: nothing. */
  pause(partition: TopicPartition): void {
    if (this.owns(partition)) this.#paused.add(partitionId(partition));
  }

  resume(partition: TopicPartition): void {
    this.#paused.delete(partitionId(partition));
  }

  ownership(): Ownership {
    return { owned: this.all(), since: this.#sinceMs };
  }
}

export function isSamePartition(left: TopicPartition, right: TopicPartition): boolean {
  return left.topic === right.topic && left.partition === right.partition;
}
