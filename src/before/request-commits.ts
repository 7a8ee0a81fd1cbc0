import type { Clock, Timer } from "../model/clock.ts";
import { bounded } from "../model/deadline.ts";
import { type InboundRecord, partitionId, type TopicPartition } from "../model/record.ts";
import type { AssignedPartition, RecordSource } from "../model/record-source.ts";
import { type Unsettled, Watermark } from "../model/watermark.ts";

interface Open extends Unsettled {
  older: Open | null;
  newer: Open | null;
}

interface Owned extends TopicPartition {
  readonly watermark: Watermark<Open>;
  dirty: boolean;
}

const lastCommitMs = 2000;

/** Which requests of the owned partitions are open, and the commits that follow when they are not any more. */
export class RequestCommits {
  readonly #source: Pick<RecordSource, "commit">;
  readonly #clock: Clock;
  readonly #everyMs: number;
  #owned = new Map<string, Owned>();
  #tick: Timer | null = null;
  #closed = false;

  constructor(source: Pick<RecordSource, "commit">, clock: Clock, everyMs: number) {
    this.#source = source;
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** What is held of partitions that are gone is dropped: it is no longer ours to commit. */
  assigned(partitions: readonly AssignedPartition[]): void {
    this.#owned = new Map(
      partitions.map(({ topic, partition }) => {
        const id = partitionId({ topic, partition });
        return [id, this.#owned.get(id) ?? { topic, partition, watermark: new Watermark<Open>(), dirty: false }];
      }),
    );
    this.#tick ??= this.#commitLater();
  }

  /** Returns what settles the record; undefined when its partition is not owned, or it is open or settled already. */
  open({ topic, partition, offset }: InboundRecord): (() => void) | undefined {
    const owned = this.#owned.get(partitionId({ topic, partition }));
    if (owned === undefined || owned.watermark.knows(offset)) return undefined;
    const open: Open = { offset, older: null, newer: null };
    owned.watermark.add(open);
    return () => {
      owned.watermark.settle(open);
      owned.dirty = true;
    };
  }

  /** Commits a last time; resolves within two seconds. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#tick?.cancel();
    await bounded(this.#commit(), lastCommitMs, this.#clock);
  }

  #commitLater(): Timer {
    return this.#clock.after(this.#everyMs, () => {
      void this.#commit().then(() => {
        if (!this.#closed) this.#tick = this.#commitLater();
      });
    });
  }

  /** A commit that fails is made again at the next tick. Never rejects. */
  async #commit(): Promise<void> {
    const dirty = [...this.#owned.values()].filter((owned) => owned.dirty);
    const positions = dirty.flatMap(({ topic, partition, watermark }) => {
      const offset = watermark.position();
      return offset === null ? [] : [{ topic, partition, offset, metadata: null }];
    });
    if (positions.length === 0) return;
    for (const owned of dirty) owned.dirty = false;
    try {
      await this.#source.commit(positions);
    } catch {
      for (const owned of dirty) owned.dirty = true;
    }
  }
}
