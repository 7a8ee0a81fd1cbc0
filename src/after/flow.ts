import type { RecordSource } from "../model/record-source.ts";
import type { Limits } from "./limits.ts";
import type { Partition } from "./partition.ts";
import type { AfterObserver, PauseReason } from "./ports.ts";

/**
 * Bounds what a group holds, by pausing partitions between a high and a low mark. A mark is passed by at most what the
 * consumer hands over in one go.
 *
 * A key that keeps failing costs its own lane only, until its followers fill the partition (or the partition runs too
 * far ahead of its watermark). Then it is parked; the partition waits for it only where it cannot be (parking.ts).
 */
export class Flow {
  readonly #group: string;
  readonly #source: RecordSource;
  readonly #limits: Limits;
  readonly #observer: AfterObserver;
  /** What this group may hold as long as the others hold theirs. Bytes; asked at each batch and, while it is full, at each fact, as groups come and go: to be cheap. */
  readonly #share: () => number;
  readonly #paused = new Set<Partition>();
  #bytes = 0;
  #full = false;
  #closed = false;
  #disabled = false;

  constructor(
    group: string,
    source: RecordSource,
    limits: Limits,
    observer: AfterObserver,
    share: () => number = () => limits.bytesHigh,
  ) {
    this.#group = group;
    this.#source = source;
    this.#limits = limits;
    this.#observer = observer;
    this.#share = share;
  }

  get bytes(): number {
    return this.#bytes;
  }

  took(bytes: number): void {
    this.#bytes += bytes;
  }

  /** A batch of the partition was taken in. */
  check(partition: Partition): void {
    if (this.#bytes >= this.#high) this.#full = true;
    if (partition.paused) return;
    const why = this.#overHigh(partition);
    if (why !== null) this.#pause(partition, why);
  }

  /** A fact of the partition was settled. */
  gave(partition: Partition, bytes: number): void {
    this.#bytes -= bytes;
    if (this.#full && this.#bytes <= this.#limits.bytesLow && this.#bytes <= this.#high / 2) {
      this.#full = false;
      for (const paused of this.#paused) this.#resumeIfLow(paused);
    } else if (partition.paused) this.#resumeIfLow(partition);
  }

  /** The partition is not ours any more. */
  forget(partition: Partition): void {
    this.#paused.delete(partition);
    this.gave(partition, partition.bytes);
  }

  /** Nothing is fetched while no handler would take it. */
  disable(disabled: boolean, partitions: Iterable<Partition>): void {
    if (this.#disabled === disabled || this.#closed) return;
    this.#disabled = disabled;
    for (const partition of partitions) {
      if (!disabled && partition.paused) this.#resumeIfLow(partition);
      else if (disabled && !partition.paused) this.#pause(partition, "disabled");
    }
  }

  /** After a join the consumer has forgotten what was paused. */
  reapply(partition: Partition): void {
    if (this.#closed && !partition.paused) this.#pause(partition, "drain");
    else if (partition.paused) this.#source.pause(partition);
    else if (this.#disabled) this.#pause(partition, "disabled");
  }

  /** Pauses everything, for good. */
  close(partitions: Iterable<Partition>): void {
    this.#closed = true;
    for (const partition of partitions) if (!partition.paused) this.#pause(partition, "drain");
  }

  get #high(): number {
    return Math.min(this.#limits.bytesHigh, this.#share());
  }

  #overHigh(partition: Partition): PauseReason | null {
    if (partition.watermark.unsettled >= this.#limits.partitionHigh) return "records";
    if (this.#full) return "bytes";
    return partition.watermark.span >= this.#limits.span ? "span" : null;
  }

  #resumeIfLow(partition: Partition): void {
    if (this.#closed || this.#disabled || this.#full || !partition.owned) return;
    if (partition.watermark.unsettled > this.#limits.partitionLow) return;
    if (partition.watermark.span >= this.#limits.span) return;
    partition.paused = false;
    this.#paused.delete(partition);
    this.#source.resume(partition);
    this.#observer.resumed(this.#group, partition);
  }

  #pause(partition: Partition, why: PauseReason): void {
    partition.paused = true;
    this.#paused.add(partition);
    this.#source.pause(partition);
    this.#observer.paused(this.#group, partition, why);
  }
}
