import type { EachBatchPayload } from "kafkajs";
import { BridgeError, messageOf } from "../../errors.ts";
import { type Clock, systemClock } from "../../model/clock.ts";
import { bounded } from "../../model/deadline.ts";
import { ownCommand } from "../../model/own-command.ts";
import type { TopicPartition } from "../../model/record.ts";
import type { AssignedPartition, CommitPosition } from "../../model/record-source.ts";
import { isPassing } from "../connection/broker-errors.ts";
import type { KafkaClient } from "../connection/client.ts";
import { beforeJoin, fetchWait } from "../patches/group-hooks.ts";
import type { Committed } from "./committed.ts";
import { ConsumerLife } from "./consumer-life.ts";
import { kafkajsTiming } from "./consumer-timing.ts";
import { FetchPace } from "./fetch-pace.ts";
import { GroupCommit } from "./group-commit.ts";
import type { ConsumerState, GroupConsumer, GroupConsumerOptions } from "./group-consumer.ts";
import { inboundRecords } from "./inbound.ts";
import { JoinAdmission } from "./join-admission.ts";
import { LossWatch } from "./loss-watch.ts";
import { isSamePartition, OwnedPartitions } from "./owned-partitions.ts";
import { stickyAssigner } from "./sticky-assigner.ts";
import { type LifeReport, Supervisor } from "./supervisor.ts";

export { afterTiming, beforeTiming, type ConsumerTiming } from "./consumer-timing.ts";
export type { GroupConsumer, GroupConsumerOptions } from "./group-consumer.ts";

const maxFailures = 5;
const abortedStopMs = 2000;

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

class SupervisedConsumer implements GroupConsumer {
  readonly #client: KafkaClient;
  readonly #options: GroupConsumerOptions;
  readonly #clock: Clock;
  readonly #partitions = new OwnedPartitions();
  readonly #losses: LossWatch;
  readonly #admission: JoinAdmission;
  readonly #commits: GroupCommit;
  readonly #pace: FetchPace;
  readonly #supervisor: Supervisor;
  readonly #first = Promise.withResolvers<undefined>();
  #life: ConsumerLife | null = null;
  #state: ConsumerState = "starting";
  #joins = 0;
  /** What is under way ends and is committed, before a join. */
  #joinDue = false;
  #stopping: Promise<void> | null = null;

  constructor(client: KafkaClient, options: GroupConsumerOptions) {
    this.#client = client;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { groupId, topics, onLost, timing } = options;
    this.#losses = new LossWatch(client, { groupId, topics, onLost });
    this.#admission = new JoinAdmission(client, {
      groupId,
      readsCommitted: timing.readsCommitted,
      clock: this.#clock,
    });
    this.#commits = new GroupCommit(this.#clock);
    this.#pace = new FetchPace(this.#clock, timing);
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
    this.#pace.wake();
  }

  async commit(positions: readonly CommitPosition[]): Promise<void> {
    // The broker fences by generation, not by ownership: it would take a commit for somebody else's partition.
    const own = positions.filter((position) => this.#partitions.owns(position));
    if (own.length === 0) return;
    if (this.#state !== "assigned" && !this.#joinDue) {
      throw new BridgeError("BROKER_UNAVAILABLE", `nothing can be committed: the group is ${this.#state}`);
    }
    await this.#commits.send(own);
  }

  async claim(positions: readonly CommitPosition[]): Promise<void> {
    if (this.#state !== "assigned") {
      throw new BridgeError("BROKER_UNAVAILABLE", `nothing can be committed: the group is ${this.#state}`);
    }
    await this.#commits.send(positions);
  }

  stop(deadlineMs: number): Promise<void> {
    this.#state = "stopped";
    this.#first.reject(new BridgeError("CLOSED", "the consumer was stopped"));
    this.#pace.wake();
    this.#stopping ??= this.#supervisor.stop(deadlineMs);
    return this.#stopping;
  }

  #open(): ConsumerLife {
    const { groupId, topics, timing } = this.#options;
    const assigner = stickyAssigner(() => this.#partitions.ownership(), {
      [beforeJoin]: () => this.#beforeJoin(opened),
      [fetchWait]: this.#pace,
    });
    const opened: ConsumerLife = new ConsumerLife(this.#client, {
      topics,
      config: { groupId, partitionAssigners: [assigner], ...kafkajsTiming(timing) },
      former: this.#partitions.memberId,
      beforeRun: () => (timing.readsCommitted ? this.#losses.look() : Promise.resolve()),
      onJoin: (life, memberId, owned) => this.#onJoin(life, memberId, owned),
      onRejoining: () => this.#rejoins(),
      onBatch: (life, payload) => this.#onBatch(life, payload),
      afterDefect: timing.afterDefect,
      onEmptyBatch: (at, lastOffset) => this.#losses.passed(at, lastOffset),
      clock: this.#clock,
    });
    this.#life = opened;
    this.#commits.opened(opened);
    return opened;
  }

  /** The broker waits for this member before it gives any of its partitions to another, and takes its commits meanwhile. */
  async #beforeJoin(life: ConsumerLife): Promise<void> {
    const { sink, timing } = this.#options;
    if (life !== this.#life || this.#partitions.all().length === 0 || sink.beforeJoin === undefined) return;
    this.#joinDue = true;
    try {
      await bounded(sink.beforeJoin(timing.beforeJoinMs), timing.beforeJoinMs, this.#clock);
    } finally {
      this.#joinDue = false;
    }
  }

  #onJoin(life: ConsumerLife, memberId: string, owned: readonly TopicPartition[]): void {
    if (life !== this.#life || this.#state === "stopped") return;
    const { groupId, sink } = this.#options;
    const join = this.#partitions.join(memberId, owned, this.#clock.epochMs());
    const generation = ++this.#joins;
    this.#pace.stirred();
    this.#losses.joined();
    this.#rejoins();
    // kafkajs forgets pauses when it is built anew, and remembers those of partitions that were away for a while.
    for (const partition of owned) this.#apply(partition);
    if (join.lost.length > 0) life.guarded(() => sink.assigned(join.kept));
    const isCurrent = (): boolean => generation === this.#joins && life === this.#life && !this.#isStopped();
    this.#admission.begin(join.gained, isCurrent, (committed) => {
      if (!isCurrent()) return;
      this.#state = "assigned";
      life.guarded(() => sink.assigned(owned.map((partition) => assignedOf(partition, committed))));
      life.guarded(() => this.#losses.assigned((at) => this.#partitions.owns(at)));
      this.#client.logger.info({ groupId, partitions: owned.length }, "joined the group");
      this.#first.resolve(undefined);
    });
  }

  async #onBatch(life: ConsumerLife, payload: EachBatchPayload): Promise<void> {
    this.#pace.stirred();
    await this.#admission.over();
    const { batch } = payload;
    const { topic, partition, messages } = batch;
    if (life !== this.#life || this.#isStopped() || !this.#partitions.owns({ topic, partition })) return;
    // Not in the types of kafkajs: the offset that was asked for.
    const { fetchedOffset } = batch as { fetchedOffset?: unknown };
    const lost = this.#losses.read({ topic, partition }, Number(fetchedOffset), Number(batch.lastOffset()));
    // It went back: the topic was made anew. Its new records have offsets that the sink has settled for the old one's.
    if (lost !== null && lost.from === Number(fetchedOffset)) this.#forget(life, { topic, partition });
    this.#commits.batchCame(payload);
    this.#options.sink.accept(inboundRecords({ topic, partition }, messages));
  }

  /** Takes a partition from the sink and gives it back: what it knew of its offsets is void. */
  #forget(life: ConsumerLife, partition: TopicPartition): void {
    const { sink } = this.#options;
    const owned = this.#partitions.all();
    this.resume(partition);
    life.guarded(() => sink.assigned(owned.filter((one) => !isSamePartition(one, partition))));
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
    this.#rejoins();
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

  #rejoins(): void {
    if (!this.#isStopped()) this.#state = "rejoining";
  }

  #isStopped(): boolean {
    return this.#state === "stopped";
  }
}

function assignedOf(partition: TopicPartition, committed: readonly Committed[]): AssignedPartition {
  const own = committed.find((one) => isSamePartition(one, partition));
  return own === undefined ? partition : { ...partition, offset: own.offset, metadata: own.metadata };
}

function hint(error: Error): string {
  const missing = messageOf(error).includes("does not host this topic-partition");
  return missing ? `a topic is missing: run \`${ownCommand} setup\`` : messageOf(error);
}
