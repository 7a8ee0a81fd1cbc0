import type { EachBatchPayload, Offsets } from "kafkajs";
import { BridgeError, messageOf } from "../../errors.ts";
import { type Clock, systemClock } from "../../model/clock.ts";
import { bounded, pause } from "../../model/deadline.ts";
import { ownCommand } from "../../model/own-command.ts";
import type { TopicPartition } from "../../model/record.ts";
import type {
  AssignedPartition,
  CommitPosition,
  LostRange,
  RecordSink,
  RecordSource,
} from "../../model/record-source.ts";
import { isPassing } from "../connection/broker-errors.ts";
import type { KafkaClient } from "../connection/client.ts";
import { type Committed, readCommitted } from "./committed.ts";
import { ConsumerLife } from "./consumer-life.ts";
import type { ConsumerTiming } from "./consumer-timing.ts";
import { inboundRecord } from "./inbound.ts";
import { LossWatch } from "./loss-watch.ts";
import { OwnedPartitions } from "./owned-partitions.ts";
import { stickyAssigner } from "./sticky-assigner.ts";
import { type LifeReport, Supervisor } from "./supervisor.ts";

export { afterTiming, beforeTiming, type ConsumerTiming } from "./consumer-timing.ts";

export interface GroupConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sink: RecordSink;
  /** Called once when the consumer could not be brought back; the process should end. */
  readonly onGaveUp: (error: BridgeError) => void;
  /** Records that this group should have read are gone; nobody else will say so. It is logged, too. */
  readonly onLost?: (lost: LostRange) => void;
  readonly timing: ConsumerTiming;
  readonly clock?: Clock;
}

export type ConsumerState = "starting" | "assigned" | "rejoining" | "stopped";

export interface GroupConsumer extends RecordSource {
  /**
   * Waits for broker and topics as long as it takes, saying so; resolves at the first join. Rejects with CLOSED when
   * `signal` aborts, and is stopped then; rejects as `onGaveUp` says when waiting will not mend it.
   */
  start(signal: AbortSignal): Promise<void>;
  state(): ConsumerState;
  assignedPartitions(): readonly TopicPartition[];
  /**
   * Leaves the group; resolves within `deadlineMs`, which should be longer than `maxWaitMs`: a fetch that is out is waited
   * for, and a member that does not get to leave keeps its partitions until its session ends. Idempotent.
   */
  stop(deadlineMs: number): Promise<void>;
}

const maxFailures = 5;
const commitTimeoutMs = 5000;
const readCommittedMs = 3000;
const abortedStopMs = 2000;
const askAgainMs = 500;

/**
 * A member of a consumer group that hands over and returns.
 *
 *   starting ── join ──► assigned ◄── join ── rejoining ◄── rebalance, or the client ended and is built anew (Supervisor)
 *                            └── stop ──► stopped
 *
 * At a join the sink is told first what it keeps, if it lost anything, then everything it owns; no record of the new
 * generation gets to it before that.
 */
export function createGroupConsumer(client: KafkaClient, options: GroupConsumerOptions): GroupConsumer {
  return new SupervisedConsumer(client, options);
}

type Commit = (offsets: Offsets) => Promise<void>;

class SupervisedConsumer implements GroupConsumer {
  readonly #client: KafkaClient;
  readonly #options: GroupConsumerOptions;
  readonly #clock: Clock;
  readonly #partitions = new OwnedPartitions();
  readonly #losses: LossWatch;
  readonly #supervisor: Supervisor;
  readonly #first = Promise.withResolvers<undefined>();
  #life: ConsumerLife | null = null;
  #state: ConsumerState = "starting";
  #joins = 0;
  /** Pending while the sink is about to be told what it owns. */
  #admission: Promise<void> | null = null;
  #commit: Commit | null = null;
  #stopping: Promise<void> | null = null;

  constructor(client: KafkaClient, options: GroupConsumerOptions) {
    this.#client = client;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { groupId, topics, onLost } = options;
    this.#losses = new LossWatch(client, { groupId, topics, onLost });
    // Whoever did not call start() need not hear of it.
    this.#first.promise.catch(() => undefined);
    this.#supervisor = new Supervisor({
      open: () => this.#open(),
      isAway: isPassing,
      onEnded: (report) => this.#onEnded(report),
      onGaveUp: (error) => this.#gaveUp(error),
      maxFailures,
      clock: this.#clock,
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    const aborted = (): void => {
      this.#first.reject(new BridgeError("CLOSED", "stopped while waiting for Kafka"));
      void this.stop(abortedStopMs);
    };
    if (signal.aborted) aborted();
    else {
      signal.addEventListener("abort", aborted, { once: true });
      this.#supervisor.start();
    }
    try {
      await this.#first.promise;
    } finally {
      signal.removeEventListener("abort", aborted);
    }
  }

  state(): ConsumerState {
    return this.#state;
  }

  assignedPartitions(): readonly TopicPartition[] {
    return this.#state === "assigned" ? this.#partitions.all() : [];
  }

  pause(partition: TopicPartition): void {
    this.#partitions.pause(partition);
    this.#apply(partition);
  }

  resume(partition: TopicPartition): void {
    this.#partitions.resume(partition);
    this.#apply(partition);
  }

  async commit(positions: readonly CommitPosition[]): Promise<void> {
    // The broker fences by generation, not by ownership: it would take a commit for somebody else's partition.
    const own = positions.filter((position) => this.#partitions.owns(position));
    if (own.length === 0) return;
    const send = this.#commit ?? this.#commitBeforeBatch();
    if (this.#state !== "assigned" || send === null) {
      throw new BridgeError("BROKER_UNAVAILABLE", `nothing can be committed: the group is ${this.#state}`);
    }
    const topics = [...Map.groupBy(own, ({ topic }) => topic)].map(([topic, list]) => ({
      topic,
      partitions: list.map(({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata })),
    }));
    const commit = send({ topics });
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

  /**
   * The client's own commit, while no batch has come. If the group moves on meanwhile it may say "done" without having
   * committed, or commit for the next generation; either leaves an older position of ours, which repeats and loses nothing.
   */
  #commitBeforeBatch(): Commit | null {
    const life = this.#life;
    if (life === null) return null;
    return ({ topics }) =>
      life.consumer.commitOffsets(
        topics.flatMap(({ topic, partitions }) => partitions.map((position) => ({ topic, ...position }))),
      );
  }

  stop(deadlineMs: number): Promise<void> {
    this.#state = "stopped";
    this.#first.reject(new BridgeError("CLOSED", "the consumer was stopped"));
    this.#stopping ??= this.#supervisor.stop(deadlineMs);
    return this.#stopping;
  }

  #open(): ConsumerLife {
    const { groupId, topics, timing } = this.#options;
    this.#commit = null;
    this.#life = new ConsumerLife(this.#client, {
      topics,
      config: {
        groupId,
        partitionAssigners: [stickyAssigner(() => this.#partitions.ownership())],
        maxWaitTimeInMs: timing.maxWaitMs,
        heartbeatInterval: timing.heartbeatMs,
        sessionTimeout: timing.sessionTimeoutMs,
        rebalanceTimeout: timing.rebalanceTimeoutMs,
      },
      former: this.#partitions.memberId,
      beforeRun: () => (timing.readsCommitted ? this.#losses.look() : Promise.resolve()),
      onJoin: (life, memberId, owned) => this.#onJoin(life, memberId, owned),
      onRejoining: () => this.#leaves("rejoining"),
      onBatch: (life, payload) => this.#onBatch(life, payload),
      onEmptyBatch: (at, lastOffset) => this.#losses.passed(at, lastOffset),
      clock: this.#clock,
    });
    return this.#life;
  }

  #onJoin(life: ConsumerLife, memberId: string, owned: readonly TopicPartition[]): void {
    if (life !== this.#life || this.#state === "stopped") return;
    const { groupId, sink, timing } = this.#options;
    const join = this.#partitions.join(memberId, owned, this.#clock.epochMs());
    const generation = ++this.#joins;
    this.#losses.joined();
    this.#leaves("rejoining");
    // kafkajs forgets pauses when it is built anew, and remembers those of partitions that were away for a while.
    for (const partition of owned) this.#apply(partition);
    if (join.lost.length > 0) life.guarded(() => sink.assigned(join.kept));
    const complete = (committed: readonly Committed[]): void => {
      if (generation !== this.#joins || life !== this.#life || this.#isStopped()) return;
      this.#state = "assigned";
      const gained = committed.filter((one) => join.gained.some((partition) => isSame(one, partition)));
      life.guarded(() => sink.assigned(owned.map((partition) => assignedOf(partition, gained))));
      life.guarded(() => this.#losses.assigned((at) => this.#partitions.owns(at)));
      this.#client.logger.info({ groupId, partitions: owned.length }, "joined the group");
      this.#first.resolve(undefined);
    };
    this.#admission = null;
    if (!timing.readsCommitted || join.gained.length === 0) return complete([]);
    const topics = [...new Set(join.gained.map(({ topic }) => topic))];
    const isCurrent = (): boolean => generation === this.#joins && life === this.#life && !this.#isStopped();
    const admission = this.#committedOf(topics, isCurrent).then((committed) => {
      complete(committed);
      if (this.#admission === admission) this.#admission = null;
    });
    this.#admission = admission;
  }

  /** Asks until it knows: what was committed says which facts are parked, and going on without it would lose them. */
  async #committedOf(topics: readonly string[], isCurrent: () => boolean): Promise<readonly Committed[]> {
    const { groupId } = this.#options;
    while (isCurrent()) {
      const committed = await readCommitted(this.#client, groupId, topics, readCommittedMs);
      if (committed !== null) return committed;
      this.#client.logger.warn({ groupId }, "what was committed cannot be read now: asking again");
      await pause(this.#clock, askAgainMs);
    }
    return [];
  }

  async #onBatch(life: ConsumerLife, payload: EachBatchPayload): Promise<void> {
    while (this.#admission !== null) await this.#admission;
    const { batch } = payload;
    const { topic, partition, messages } = batch;
    if (life !== this.#life || this.#isStopped() || !this.#partitions.owns({ topic, partition })) return;
    // Not in the types of kafkajs: the offset that was asked for.
    const { fetchedOffset } = batch as { fetchedOffset?: unknown };
    const lost = this.#losses.read({ topic, partition }, Number(fetchedOffset), Number(batch.lastOffset()));
    // It went back: the topic was made anew. Its new records have offsets that the sink has settled for the old one's.
    if (lost !== null && lost.from === Number(fetchedOffset)) this.#forget(life, { topic, partition });
    // The payload's own commit: Consumer.commitOffsets resolves without committing while the runner stops, and otherwise
    // tries again under the next generation, when the partition may be somebody else's.
    this.#commit = (offsets) => payload.commitOffsetsIfNecessary(offsets);
    this.#options.sink.accept(messages.map((message) => inboundRecord({ topic, partition }, message)));
  }

  /** Takes a partition from the sink and gives it back: what it knew of its offsets is void. */
  #forget(life: ConsumerLife, partition: TopicPartition): void {
    const { sink } = this.#options;
    const owned = this.#partitions.all();
    this.resume(partition);
    life.guarded(() => sink.assigned(owned.filter((one) => !isSame(one, partition))));
    life.guarded(() => sink.assigned(owned));
  }

  #apply({ topic, partition }: TopicPartition): void {
    const where = [{ topic, partitions: [partition] }];
    try {
      if (this.#partitions.isPaused({ topic, partition })) this.#life?.consumer.pause(where);
      else this.#life?.consumer.resume(where);
    } catch {
      // It does not run now: the next join applies it.
    }
  }

  #onEnded({ error, away, tryAgainInMs }: LifeReport): void {
    this.#leaves("rejoining");
    const { groupId, topics } = this.#options;
    const fields = { groupId, topics, detail: hint(error), tryAgainInMs };
    if (away) this.#client.logger.warn(fields, "waiting for Kafka");
    else this.#client.logger.error(fields, "the consumer died; building it anew");
  }

  #gaveUp(error: Error): void {
    this.#state = "stopped";
    const { groupId, onGaveUp } = this.#options;
    const gaveUp = new BridgeError(
      "BROKER_UNAVAILABLE",
      `the consumer of ${groupId} could not be brought back: ${hint(error)}`,
      { cause: error },
    );
    this.#first.reject(gaveUp);
    onGaveUp(gaveUp);
  }

  #leaves(state: "rejoining"): void {
    if (!this.#isStopped()) this.#state = state;
  }

  #isStopped(): boolean {
    return this.#state === "stopped";
  }
}

function assignedOf(partition: TopicPartition, committed: readonly Committed[]): AssignedPartition {
  const own = committed.find((one) => isSame(one, partition));
  return own === undefined ? partition : { ...partition, offset: own.offset, metadata: own.metadata };
}

function isSame(left: TopicPartition, right: TopicPartition): boolean {
  return left.topic === right.topic && left.partition === right.partition;
}

function hint(error: Error): string {
  const missing = messageOf(error).includes("does not host this topic-partition");
  return missing ? `a topic is missing: run \`${ownCommand} setup\`` : messageOf(error);
}
