import type { TopicPartition } from "../model/record.ts";
import type { Ownership } from "./sticky-assigner.ts";

/** What a member owns and has paused, over its joins. */
export class OwnedPartitions {
  #owned = new Map<string, TopicPartition>();
  readonly #paused = new Set<string>();
  #memberId: string | null = null;
  #joins = -1;

  /** Takes a new assignment over. `expelled`: the member id is another than before, so what was held is void. */
  join(memberId: string, owned: readonly TopicPartition[]): "kept" | "expelled" {
    const expelled = this.#memberId !== null && this.#memberId !== memberId;
    this.#memberId = memberId;
    this.#joins++;
    this.#owned = new Map(owned.map((partition) => [nameOf(partition), partition]));
    // What was lost comes back unpaused, if it comes back: its new owner's state starts anew.
    for (const name of this.#paused) if (expelled || !this.#owned.has(name)) this.#paused.delete(name);
    return expelled ? "expelled" : "kept";
  }

  owns(partition: TopicPartition): boolean {
    return this.#owned.has(nameOf(partition));
  }

  pause(partition: TopicPartition): void {
    this.#paused.add(nameOf(partition));
  }

  resume(partition: TopicPartition): void {
    this.#paused.delete(nameOf(partition));
  }

  /** Every owned partition with whether it is to be paused: kafkajs remembers pauses of partitions that were away. */
  pauses(): readonly { readonly partition: TopicPartition; readonly paused: boolean }[] {
    return [...this.#owned].map(([name, partition]) => ({ partition, paused: this.#paused.has(name) }));
  }

  ownership(): Ownership {
    return { owned: [...this.#owned.values()], generation: this.#joins };
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
