import type { TopicPartition } from "../model/record.ts";
import type { RecordSource } from "../model/record-source.ts";

export interface HeldBytesOptions {
  readonly source: Pick<RecordSource, "pause" | "resume">;
  /** At this many bytes everything is paused, at half of them resumed. */
  readonly mostBytes: number;
  readonly onPaused: (bytes: number) => void;
  readonly onResumed: (bytes: number) => void;
}

/**
 * Bounds the bytes of requests under way by pausing their partitions:
 *
 *   open ── mostBytes reached ──► full ── half of them gone ──► open
 *     └───────────── close ────────┴──► closed (nothing is resumed any more)
 *
 * What was fetched already still comes: the bound is passed by one fetch at most.
 */
export class HeldBytes {
  readonly #options: HeldBytesOptions;
  #partitions: readonly TopicPartition[] = [];
  #bytes = 0;
  #state: "open" | "full" | "closed" = "open";

  constructor(options: HeldBytesOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The partitions owned from now on; those that were gained while everything is paused are paused too. */
  assigned(partitions: readonly TopicPartition[]): void {
    this.#partitions = partitions;
    if (this.#state !== "open") this.#pauseAll();
  }

  took(bytes: number): void {
    this.#bytes += bytes;
    if (this.#state !== "open" || this.#bytes < this.#options.mostBytes) return;
    this.#state = "full";
    this.#pauseAll();
    this.#options.onPaused(this.#bytes);
  }

  gave(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#state !== "full" || this.#bytes > this.#options.mostBytes / 2) return;
    this.#state = "open";
    for (const partition of this.#partitions) this.#options.source.resume(partition);
    this.#options.onResumed(this.#bytes);
  }

  /** Pauses everything for good. */
  close(): void {
    this.#state = "closed";
    this.#pauseAll();
  }

  #pauseAll(): void {
    for (const partition of this.#partitions) this.#options.source.pause(partition);
  }
}
