import type { Consumer, ConsumerCrashEvent, ConsumerGroupJoinEvent, EachBatchPayload } from "kafkajs";
import { BridgeError, messageOf } from "../errors.ts";
import { bounded } from "../model/bounded.ts";
import { type Clock, systemClock, type Timer } from "../model/clock.ts";
import type { InboundRecord, TopicPartition } from "../model/record.ts";
import type { CommitPosition, RecordSink, RecordSource } from "../model/record-source.ts";
import type { KafkaClient } from "./client.ts";
import { OwnedPartitions } from "./owned-partitions.ts";
import { stickyAssigner } from "./sticky-assigner.ts";

export interface GroupConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sink: RecordSink;
  /** Called once when the consumer could not be brought back; the process should end. */
  readonly onGaveUp: (error: BridgeError) => void;
  readonly timing: ConsumerTiming;
  readonly clock?: Clock;
}

/** Milliseconds. Heartbeats go out between fetches only, so `maxWaitMs` must stay well below `sessionTimeoutMs`. */
export interface ConsumerTiming {
  readonly maxWaitMs: number;
  readonly heartbeatMs: number;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

/** Quick to notice a member that left or died: a verdict's deadline is short. */
export const beforeTiming: ConsumerTiming = {
  maxWaitMs: 250,
  heartbeatMs: 300,
  sessionTimeoutMs: 6000,
  rebalanceTimeoutMs: 6000,
};
/**
 * Cheaper when idle, and still within a second of noticing that it should stop or that the group has changed: kafkajs
 * does either only between fetches.
 */
export const afterTiming: ConsumerTiming = {
  maxWaitMs: 1000,
  heartbeatMs: 1000,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
};

export interface GroupConsumer extends RecordSource {
  /** Waits for broker and topics as long as it takes, saying so; resolves at the first join. Rejects when `signal` aborts. */
  start(signal: AbortSignal): Promise<void>;
  state(): "starting" | "assigned" | "rejoining" | "stopped";
  /** Leaves the group; resolves within `deadlineMs`. Idempotent. */
  stop(deadlineMs: number): Promise<void>;
}

const retryStartMs = 1000;
const stallCheckMs = 5000;
/** Without a fetch for this long, while nothing crashed, the client is taken for dead. */
const stalledAfterMs = 60_000;
const maxRebuilds = 5;
const commitTimeoutMs = 5000;

/**
 * A member of a consumer group that hands over and returns.
 *
 *   starting ── join ──► assigned ◄── join ── rejoining ◄── rebalance, crash, stall (client rebuilt)
 *                            └── stop ──► stopped                 └── rebuilt in vain: onGaveUp
 *
 * Nothing leaves the batch callback: kafkajs dies for ever on some errors and crashes in circles on the others. It rejoins by
 * itself after most failures; after those it calls final, and when it falls silent, the client is built anew.
 */
export function createGroupConsumer(client: KafkaClient, options: GroupConsumerOptions): GroupConsumer {
  return new SupervisedConsumer(client, options);
}

class SupervisedConsumer implements GroupConsumer {
  readonly #client: KafkaClient;
  readonly #options: GroupConsumerOptions;
  readonly #clock: Clock;
  readonly #partitions = new OwnedPartitions();
  #consumer: Consumer;
  #state: "starting" | "assigned" | "rejoining" | "stopped" = "starting";
  #lastSignMs: number;
  #rebuilds = 0;
  #rebuilding: Promise<void> | null = null;
  #stallTimer: Timer | null = null;
  #stopping: Promise<void> | null = null;
  #joined: (() => void) | null = null;

  constructor(client: KafkaClient, options: GroupConsumerOptions) {
    this.#client = client;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#lastSignMs = this.#clock.monotonicMs();
    this.#consumer = this.#build();
  }

  async start(signal: AbortSignal): Promise<void> {
    const joined = new Promise<void>((resolve) => {
      this.#joined = resolve;
    });
    while (!(await this.#run())) {
      if (signal.aborted) throw new BridgeError("CLOSED", "stopped while waiting for Kafka");
      await this.#pause(retryStartMs);
    }
    this.#watchForStalls();
    await Promise.race([joined, aborted(signal)]);
  }

  state(): "starting" | "assigned" | "rejoining" | "stopped" {
    return this.#state;
  }

  pause(partition: TopicPartition): void {
    this.#partitions.pause(partition);
    this.#tell(() => this.#consumer.pause([{ topic: partition.topic, partitions: [partition.partition] }]));
  }

  resume(partition: TopicPartition): void {
    this.#partitions.resume(partition);
    this.#tell(() => this.#consumer.resume([{ topic: partition.topic, partitions: [partition.partition] }]));
  }

  async commit(positions: readonly CommitPosition[]): Promise<void> {
    if (this.#state !== "assigned") throw new BridgeError("BROKER_UNAVAILABLE", `the group is ${this.#state}`);
    // The broker fences by generation, not by ownership: it would take a commit for somebody else's partition.
    const own = positions.filter((position) => this.#partitions.owns(position));
    if (own.length === 0) return;
    const commit = this.#consumer.commitOffsets(
      own.map((position) => ({ ...position, offset: String(position.offset) })),
    );
    if ((await bounded(commit, commitTimeoutMs, this.#clock)) === "late") {
      commit.catch(() => undefined);
      throw new BridgeError("TIMED_OUT", "the commit took too long");
    }
    await commit;
  }

  stop(deadlineMs: number): Promise<void> {
    this.#stopping ??= this.#stop(deadlineMs);
    return this.#stopping;
  }

  async #stop(deadlineMs: number): Promise<void> {
    this.#state = "stopped";
    this.#stallTimer?.cancel();
    // Leaves the group first, so that the others take over at once instead of after the session timeout.
    await bounded(this.#consumer.disconnect(), deadlineMs, this.#clock);
  }

  /** Connects, subscribes, runs; false when that has to be tried again. */
  async #run(): Promise<boolean> {
    const { groupId, topics } = this.#options;
    try {
      await this.#consumer.connect();
      await this.#consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await this.#consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: true,
        eachBatch: (payload) => {
          this.#handOver(payload);
          return Promise.resolve();
        },
      });
      return true;
    } catch (error) {
      const hint = messageOf(error).includes("does not host this topic-partition")
        ? "a topic is missing: run `provisioning-bridge setup`"
        : messageOf(error);
      this.#client.logger.warn({ groupId, topics, detail: hint }, "waiting for Kafka");
      return false;
    }
  }

  #build(): Consumer {
    const { groupId, timing } = this.#options;
    const consumer = this.#client.kafka.consumer({
      groupId,
      partitionAssigners: [stickyAssigner(() => this.#partitions.ownership())],
      maxWaitTimeInMs: timing.maxWaitMs,
      heartbeatInterval: timing.heartbeatMs,
      sessionTimeout: timing.sessionTimeoutMs,
      rebalanceTimeout: timing.rebalanceTimeoutMs,
      allowAutoTopicCreation: false,
      metadataMaxAge: 60_000,
      retry: { initialRetryTime: 200, maxRetryTime: 2000, retries: 5, restartOnFailure: () => Promise.resolve(true) },
    });
    const { events } = consumer;
    // A consumer that was given up may still speak; only the present one is heard.
    const heard =
      <E>(listener: (event: E) => void) =>
      (event: E): void => {
        if (this.#consumer === consumer && this.#state !== "stopped") this.#tell(() => listener(event));
      };
    consumer.on(
      events.GROUP_JOIN,
      heard((event) => this.#onJoin(event)),
    );
    consumer.on(
      events.REBALANCING,
      heard(() => this.#rejoining()),
    );
    consumer.on(
      events.CRASH,
      heard((event) => this.#onCrash(event)),
    );
    consumer.on(
      events.FETCH_START,
      heard(() => this.#sign()),
    );
    consumer.on(
      events.HEARTBEAT,
      heard(() => this.#sign()),
    );
    return consumer;
  }

  #onJoin({ payload }: ConsumerGroupJoinEvent): void {
    const { groupId, sink } = this.#options;
    const owned = Object.entries(payload.memberAssignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition })),
    );
    // A new member id means that we were expelled: others may have moved on in what we held, so it is void.
    if (this.#partitions.join(payload.memberId, owned) === "expelled") sink.assigned([]);
    sink.assigned(owned);
    this.#state = "assigned";
    this.#rebuilds = 0;
    this.#sign();
    for (const { partition, paused } of this.#partitions.pauses()) {
      const where = [{ topic: partition.topic, partitions: [partition.partition] }];
      if (paused) this.#consumer.pause(where);
      else this.#consumer.resume(where);
    }
    this.#client.logger.info({ groupId, partitions: owned.length }, "joined the group");
    this.#joined?.();
  }

  #rejoining(): void {
    this.#state = "rejoining";
    this.#sign();
  }

  #onCrash({ payload: { error, restart } }: ConsumerCrashEvent): void {
    this.#rejoining();
    this.#client.logger.warn(
      { groupId: this.#options.groupId, detail: error.message, restart },
      "the consumer crashed; bringing it back",
    );
    if (!restart) void this.#rebuild();
  }

  #watchForStalls(): void {
    this.#stallTimer = this.#clock.after(stallCheckMs, () => {
      if (this.#state === "stopped") return;
      if (this.#clock.monotonicMs() - this.#lastSignMs > stalledAfterMs) {
        this.#client.logger.error({ groupId: this.#options.groupId }, "the consumer fell silent; building it anew");
        void this.#rebuild();
      }
      this.#watchForStalls();
    });
  }

  #rebuild(): Promise<void> {
    this.#rebuilding ??= this.#bringBack().finally(() => {
      this.#rebuilding = null;
    });
    return this.#rebuilding;
  }

  async #bringBack(): Promise<void> {
    this.#state = "rejoining";
    const old = this.#consumer;
    await bounded(old.disconnect(), this.#options.timing.sessionTimeoutMs, this.#clock);
    while (!this.#isStopped()) {
      if (++this.#rebuilds > maxRebuilds) {
        const { groupId } = this.#options;
        this.#options.onGaveUp(
          new BridgeError("BROKER_UNAVAILABLE", `the consumer of ${groupId} could not be brought back`),
        );
        return;
      }
      this.#consumer = this.#build();
      this.#sign();
      if (await this.#run()) return;
      await this.#pause(retryStartMs * this.#rebuilds);
    }
  }

  #isStopped(): boolean {
    return this.#state === "stopped";
  }

  /** Never throws, never waits. */
  #handOver({ batch: { topic, partition, messages } }: EachBatchPayload): void {
    this.#sign();
    const records: InboundRecord[] = messages.map((message) => ({
      topic,
      partition,
      offset: Number(message.offset),
      timestampMs: Number(message.timestamp),
      key: message.key,
      value: message.value,
      headers: message.headers ?? {},
    }));
    this.#tell(() => this.#options.sink.accept(records));
  }

  /** Runs what must not throw into kafkajs; if it does, that is a defect of ours and the consumer lives on. */
  #tell(action: () => void): void {
    try {
      action();
    } catch (defect) {
      this.#client.logger.error(
        { groupId: this.#options.groupId, error: defect },
        "defect: a consumer's listener threw",
      );
    }
  }

  #sign(): void {
    this.#lastSignMs = this.#clock.monotonicMs();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(ms, resolve);
    });
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const closed = (): void => reject(new BridgeError("CLOSED", "stopped while waiting for Kafka"));
    if (signal.aborted) closed();
    else signal.addEventListener("abort", closed, { once: true });
  });
}
