import type { EachBatchPayload, Offsets } from "kafkajs";
import { BridgeError, messageOf } from "../../errors.ts";
import type { Clock } from "../../model/clock.ts";
import { bounded } from "../../model/deadline.ts";
import type { CommitPosition } from "../../model/record-source.ts";
import type { ConsumerLife } from "./consumer-life.ts";

const commitTimeoutMs = 5000;

type Commit = (offsets: Offsets) => Promise<void>;

/**
 * How a member commits: by the batch that came last, or by its client while none has come. The payload's own commit is
 * preferred: Consumer.commitOffsets resolves without committing while the runner stops, and otherwise tries again under the
 * next generation, when the partition may be somebody else's.
 */
export class GroupCommit {
  readonly #clock: Clock;
  #commit: Commit | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * A new client. Its own commit serves until a batch comes: if the group moves on meanwhile it may say "done" without having
   * committed, or commit for the next generation; either leaves an older position of ours, which repeats and loses nothing.
   */
  opened(life: ConsumerLife): void {
    this.#commit = ({ topics }) =>
      life.consumer.commitOffsets(
        topics.flatMap(({ topic, partitions }) => partitions.map((position) => ({ topic, ...position }))),
      );
  }

  batchCame(payload: EachBatchPayload): void {
    this.#commit = (offsets) => payload.commitOffsetsIfNecessary(offsets);
  }

  /** Rejects with BridgeError BROKER_UNAVAILABLE, or TIMED_OUT after five seconds; whether it was committed is then open. */
  async send(positions: readonly CommitPosition[]): Promise<void> {
    if (this.#commit === null) throw new BridgeError("BROKER_UNAVAILABLE", "nothing can be committed before a start");
    const topics = [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, list]) => ({
      topic,
      partitions: list.map(({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata })),
    }));
    const commit = this.#commit({ topics });
    if ((await bounded(commit, commitTimeoutMs, this.#clock)) === "late") {
      commit.catch(() => undefined);
      throw new BridgeError("TIMED_OUT", "the commit took too long");
    }
    try {
      await commit;
    } catch (error) {
      throw new BridgeError("BROKER_UNAVAILABLE", `not committed: ${messageOf(error)}`, { cause: error });
    }
  }
}
