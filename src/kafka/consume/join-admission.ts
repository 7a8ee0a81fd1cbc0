import type { Clock } from "../../model/clock.ts";
import { pause } from "../../model/deadline.ts";
import type { TopicPartition } from "../../model/record.ts";
import type { KafkaClient } from "../connection/client.ts";
import { type Committed, readCommitted } from "./committed.ts";
import { isSamePartition } from "./owned-partitions.ts";

const readCommittedMs = 3000;
const askAgainMs = 500;

export interface JoinAdmissionOptions {
  readonly groupId: string;
  /** Whether the sink needs what was committed of what it gains. */
  readonly readsCommitted: boolean;
  readonly clock: Clock;
}

/**
 * What a join waits for before the sink is told of it: what was committed of the partitions that were gained. Records of
 * the new generation wait for it, too.
 */
export class JoinAdmission {
  readonly #client: KafkaClient;
  readonly #options: JoinAdmissionOptions;
  #pending: Promise<void> | null = null;

  constructor(client: KafkaClient, options: JoinAdmissionOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Calls `admit` once, at once where nothing has to be asked; with nothing as soon as `isCurrent` does not hold. */
  begin(
    gained: readonly TopicPartition[],
    isCurrent: () => boolean,
    admit: (committed: readonly Committed[]) => void,
  ): void {
    this.#pending = null;
    if (!this.#options.readsCommitted || gained.length === 0) return admit([]);
    const pending = this.#committedOf(gained, isCurrent).then((committed) => {
      admit(committed);
      if (this.#pending === pending) this.#pending = null;
    });
    this.#pending = pending;
  }

  /** Resolves when no join waits any more. */
  async over(): Promise<void> {
    while (this.#pending !== null) await this.#pending;
  }

  /** Asks until it knows: what was committed says which facts are parked, and going on without it would lose them. */
  async #committedOf(gained: readonly TopicPartition[], isCurrent: () => boolean): Promise<readonly Committed[]> {
    const { clock, groupId } = this.#options;
    const topics = [...new Set(gained.map(({ topic }) => topic))];
    while (isCurrent()) {
      const committed = await readCommitted(this.#client, groupId, topics, readCommittedMs);
      if (committed !== null) return committed.filter((one) => gained.some((own) => isSamePartition(one, own)));
      this.#client.logger.warn({ groupId }, "what was committed cannot be read now: asking again");
      await pause(clock, askAgainMs);
    }
    return [];
  }
}
