import { partitionId, type TopicPartition } from "../model/record.ts";
import type { AssignedPartition } from "../model/record-source.ts";
import { Partition } from "./partition.ts";

/** What one join changed. */
export interface JoinChanges {
  readonly kept: readonly Partition[];
  readonly gained: readonly Partition[];
  readonly lost: readonly Partition[];
}

/** The partitions this member owns, each with its epoch's state. */
export class Ownership {
  readonly #owned = new Map<string, Partition>();
  /** Lost while turns were running: at most one per partition, since a later epoch runs nothing before they end. */
  readonly #leaving = new Map<string, Partition>();

  find(at: TopicPartition): Partition | undefined {
    return this.#owned.get(partitionId(at));
  }

  all(): IterableIterator<Partition> {
    return this.#owned.values();
  }

  /** A partition that stays keeps everything: what is in flight goes on, and what is re-delivered is known. */
  join(assigned: readonly AssignedPartition[]): JoinChanges {
    const named = new Map(assigned.map((at) => [partitionId(at), at]));
    const lost: Partition[] = [];
    for (const [id, partition] of this.#owned) {
      if (named.has(id)) continue;
      this.#owned.delete(id);
      if (partition.running > 0) this.#leaving.set(id, partition);
      partition.end();
      lost.push(partition);
    }
    const kept = [...this.#owned.values()];
    const gained: Partition[] = [];
    for (const [id, at] of named) {
      if (this.#owned.has(id)) continue;
      const partition = new Partition(at, !this.#leaving.has(id));
      this.#owned.set(id, partition);
      gained.push(partition);
    }
    return { kept, gained, lost };
  }

  /** The last turn of a lost epoch has ended; returns the epoch that waited for it, if there is one. */
  left(partition: Partition): Partition | undefined {
    const id = partitionId(partition);
    if (this.#leaving.get(id) !== partition) return undefined;
    this.#leaving.delete(id);
    return this.#owned.get(id);
  }
}
