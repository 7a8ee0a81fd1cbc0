import type { TopicPartition } from "../../model/record.ts";
import type { LostRange } from "../../model/record-source.ts";
import type { KafkaClient } from "../connection/client.ts";
import { lostRanges, readCommitted } from "./committed.ts";
import { ReadPositions } from "./read-positions.ts";

export interface LossWatchOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly onLost: ((lost: LostRange) => void) | undefined;
}

const readWithinMs = 3000;

/** Names what a group should have read and never will: as it starts, and while it reads. Logs it, too. */
export class LossWatch {
  readonly #client: KafkaClient;
  readonly #options: LossWatchOptions;
  readonly #positions = new ReadPositions();
  /** Found at the start, told once the partitions are ours. */
  #found: readonly LostRange[] = [];

  constructor(client: KafkaClient, options: LossWatchOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** To be called before the first fetch: kafkajs meets a position that is out of range by committing another. Never rejects. */
  async look(): Promise<void> {
    const { groupId, topics } = this.#options;
    this.#found = lostRanges((await readCommitted(this.#client, groupId, topics, readWithinMs)) ?? []);
  }

  joined(): void {
    this.#positions.joined();
  }

  /** After a join was told to the sink. */
  assigned(owns: (at: TopicPartition) => boolean): void {
    const found = this.#found;
    this.#found = [];
    for (const lost of found) if (owns(lost)) this.#report(lost);
  }

  /** Returns what was skipped before the batch, if anything; `from` is its own offset where the log has started over. */
  read(at: TopicPartition, fetchedOffset: number, lastOffset: number): LostRange | null {
    const lost = this.#positions.read(at, fetchedOffset, lastOffset);
    if (lost !== null) this.#report(lost);
    return lost;
  }

  passed(at: TopicPartition, lastOffset: number): void {
    this.#positions.passed(at, lastOffset);
  }

  #report(lost: LostRange): void {
    const { groupId, onLost } = this.#options;
    this.#client.logger.error({ groupId, ...lost }, "records were lost before this group could read them");
    onLost?.(lost);
  }
}
