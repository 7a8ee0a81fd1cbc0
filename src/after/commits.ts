import { messageOf } from "../errors.ts";
import type { Clock, Timer } from "../model/clock.ts";
import { within } from "../model/deadline.ts";
import type { Logger } from "../model/logger.ts";
import type { CommitPosition, RecordSource } from "../model/record-source.ts";
import type { Limits } from "./limits.ts";
import type { Partition } from "./partition.ts";

/**
 * Commits what is settled, one commit at a time, so that positions reach the broker in the order in which they were
 * gathered. The timer runs only while something is uncommitted: an idle group costs nothing. A commit that failed is
 * gathered anew at the next tick; a restart before that repeats what it covered, it never loses it.
 */
export class Commits {
  readonly #group: string;
  readonly #source: RecordSource;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #logger: Logger;
  readonly #owned: () => Iterable<Partition>;
  #timer: Timer | null = null;
  #running: Promise<boolean> | null = null;
  #failures = 0;
  #closed = false;

  constructor(
    group: string,
    owned: () => Iterable<Partition>,
    parts: { source: RecordSource; clock: Clock; limits: Limits; logger: Logger },
  ) {
    this.#group = group;
    this.#owned = owned;
    this.#source = parts.source;
    this.#clock = parts.clock;
    this.#limits = parts.limits;
    this.#logger = parts.logger;
  }

  /** Commits failed in a row. */
  get failures(): number {
    return this.#failures;
  }

  get pending(): boolean {
    return this.#timer !== null || this.#running !== null;
  }

  /** Something of the partition was settled: it will be committed at the next tick. */
  due(partition: Partition): void {
    partition.dirtySinceMs ??= this.#clock.monotonicMs();
    this.#tick();
  }

  #tick(): void {
    if (this.#closed) return;
    this.#timer ??= this.#clock.after(this.#limits.commitEveryMs, () => {
      this.#timer = null;
      void this.flush();
    });
  }

  /** Commits what is settled by now. Resolves with whether it is committed; never rejects. */
  async flush(): Promise<boolean> {
    while (this.#running !== null) await this.#running;
    this.#running = this.#commit();
    const committed = await this.#running;
    this.#running = null;
    return committed;
  }

  /** No more ticks; `flush` still works. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #commit(): Promise<boolean> {
    const gathered = new Map<Partition, number>();
    const positions: CommitPosition[] = [];
    for (const partition of this.#owned()) {
      const sinceMs = partition.dirtySinceMs;
      const position = sinceMs === null ? null : partition.position();
      if (sinceMs === null || position === null) continue;
      partition.dirtySinceMs = null;
      gathered.set(partition, sinceMs);
      positions.push(position);
    }
    if (positions.length === 0) return true;
    try {
      await within(this.#clock, this.#limits.commitTimeoutMs, "the commit", this.#source.commit(positions));
    } catch (thrown) {
      for (const [partition, sinceMs] of gathered) partition.dirtySinceMs = sinceMs;
      this.#failures++;
      this.#logger.warn({ group: this.#group, failures: this.#failures, err: messageOf(thrown) }, "commit failed");
      this.#tick();
      return false;
    }
    this.#failures = 0;
    return true;
  }
}
