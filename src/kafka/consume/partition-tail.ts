import { randomInt, randomUUID } from "node:crypto";
import type { Admin, EachBatchPayload } from "kafkajs";
import { BridgeError } from "../../errors.ts";
import { systemClock } from "../../model/clock.ts";
import { within } from "../../model/deadline.ts";
import type { InboundRecord } from "../../model/record.ts";
import { askBrokers } from "../connection/ask-brokers.ts";
import { asMissingTopic, isPassing, noSuchPartition } from "../connection/broker-errors.ts";
import type { KafkaClient } from "../connection/client.ts";
import { ConsumerLife } from "./consumer-life.ts";
import { inboundRecord } from "./inbound.ts";
import { onePartitionAssigner } from "./one-partition-assigner.ts";
import { Supervisor } from "./supervisor.ts";

export interface PartitionTailOptions {
  readonly topic: string;
  /** The partition that is read; default: any one. */
  readonly partition?: number;
  readonly groupPrefix: string;
  /** Must return at once; what it throws is logged. */
  readonly onRecord: (record: InboundRecord) => void;
}

export interface PartitionTail {
  /**
   * Resolves when every record written from now on will be seen. Rejects with BROKER_UNAVAILABLE, NOT_SET_UP or USAGE (no
   * such partition), and CLOSED when it was stopped meanwhile; it may be called again after that.
   */
  start(timeoutMs: number): Promise<{ readonly partition: number }>;
  ready(): boolean;
  /** Leaves and forgets its group; resolves within `deadlineMs` and two seconds. Idempotent. */
  stop(deadlineMs: number): Promise<void>;
}

/**
 * Reads one partition of a topic from its end, replies or heartbeats, under a group of its own: a shared group would lose
 * records at each rebalance. The position is read before the first join and pinned at every join to what was seen last, so
 * that records written while the broker was away are read when it is back.
 */
export function createPartitionTail(client: KafkaClient, options: PartitionTailOptions): PartitionTail {
  return new PinnedConsumer(client, options);
}

const forgetMs = 2000;
/** It fetches four times a second: silence means that the broker does not answer. */
const silentAfterMs = 3000;

interface Position {
  readonly partition: number;
  /** The next offset to read. */
  offset: number;
}

class PinnedConsumer implements PartitionTail {
  readonly #client: KafkaClient;
  readonly #options: PartitionTailOptions;
  readonly #groupId: string;
  readonly #supervisor: Supervisor;
  readonly #joinedOnce = Promise.withResolvers<undefined>();
  #life: ConsumerLife | null = null;
  #position: Position | null = null;
  #memberId: string | null = null;
  #joined = false;
  #stopping: Promise<void> | null = null;

  constructor(client: KafkaClient, options: PartitionTailOptions) {
    this.#client = client;
    this.#options = options;
    this.#groupId = `${options.groupPrefix}.replies.${randomUUID()}`;
    this.#joinedOnce.promise.catch(() => undefined);
    this.#supervisor = new Supervisor({
      open: () => this.#open(),
      isAway: isPassing,
      onEnded: ({ error, tryAgainInMs }) => {
        this.#joined = false;
        client.logger.warn({ groupId: this.#groupId, detail: error.message, tryAgainInMs }, "waiting for Kafka");
      },
      onGaveUp: () => undefined,
      // A billing core goes on without what is read here: its own clock decides.
      maxFailures: Infinity,
      clock: systemClock,
    });
  }

  async start(timeoutMs: number): Promise<{ readonly partition: number }> {
    try {
      return await within(systemClock, timeoutMs, `reading ${this.#options.topic}`, this.#begin(timeoutMs));
    } catch (error) {
      if (!(error instanceof BridgeError) || error.code !== "TIMED_OUT") throw error;
      throw new BridgeError("BROKER_UNAVAILABLE", error.message, { cause: error });
    }
  }

  ready(): boolean {
    return this.#joined && (this.#life?.quietMs() ?? 0) < silentAfterMs;
  }

  stop(deadlineMs: number): Promise<void> {
    this.#stopping ??= this.#stop(deadlineMs);
    return this.#stopping;
  }

  async #stop(deadlineMs: number): Promise<void> {
    this.#joined = false;
    this.#joinedOnce.reject(new BridgeError("CLOSED", `the reading of ${this.#options.topic} was stopped`));
    await this.#supervisor.stop(deadlineMs);
    if (this.#position !== null) await forgetGroup(this.#client, this.#groupId);
  }

  async #begin(timeoutMs: number): Promise<{ readonly partition: number }> {
    const position = this.#position ?? (await firstPosition(this.#client, this.#options, timeoutMs));
    if (this.#stopping !== null) throw new BridgeError("CLOSED", `the reading of ${this.#options.topic} was stopped`);
    this.#position ??= position;
    this.#supervisor.start();
    await this.#joinedOnce.promise;
    return { partition: this.#position.partition };
  }

  #open(): ConsumerLife {
    const { topic } = this.#options;
    const partition = this.#position?.partition ?? 0;
    this.#life = new ConsumerLife(this.#client, {
      topics: [topic],
      config: {
        groupId: this.#groupId,
        partitionAssigners: [onePartitionAssigner(topic, partition)],
        maxWaitTimeInMs: 250,
        heartbeatInterval: 3000,
        sessionTimeout: 30_000,
        metadataMaxAge: 60_000,
      },
      afterDefect: "skip",
      former: this.#memberId,
      onJoin: (life, memberId) => {
        this.#memberId = memberId;
        // Nothing is ever committed: without this each join would start over at the beginning of the topic.
        life.consumer.seek({ topic, partition, offset: String(this.#position?.offset ?? 0) });
        this.#joined = this.#stopping === null;
        this.#joinedOnce.resolve(undefined);
      },
      onRejoining: () => {
        this.#joined = false;
      },
      onBatch: (life, { batch }) => {
        this.#onBatch(life, batch);
        return Promise.resolve();
      },
      clock: systemClock,
    });
    return this.#life;
  }

  #onBatch(life: ConsumerLife, { topic, partition, messages }: EachBatchPayload["batch"]): void {
    const position = this.#position;
    if (position?.partition !== partition || this.#stopping !== null) return;
    for (const message of messages) {
      // Offsets that start over mean a topic made anew: its records are as good as any.
      position.offset = Number(message.offset) + 1;
      life.guarded(() => this.#options.onRecord(inboundRecord({ topic, partition }, message)));
    }
  }
}

/** The end of the partition that was asked for, or of any one. */
async function firstPosition(client: KafkaClient, options: PartitionTailOptions, timeoutMs: number): Promise<Position> {
  const { topic, partition } = options;
  const ends = await askBrokers(client, `${topic} cannot be read`, timeoutMs, (admin) => endOffsets(admin, topic));
  const chosen = partition ?? ends[randomInt(Math.max(ends.length, 1))]?.partition;
  const end = ends.find((one) => one.partition === chosen);
  if (end !== undefined) return end;
  const there = ends.map((one) => one.partition);
  throw noSuchPartition(topic, chosen ?? 0, there);
}

/** A topic that stays missing while kafkajs looks for it (about 2 s) is said to be missing, long before a deadline. */
async function endOffsets(admin: Admin, topic: string): Promise<readonly Position[]> {
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.map(({ partition, high }) => ({ partition, offset: Number(high) }));
  } catch (error) {
    throw asMissingTopic(topic, error);
  }
}

/** An instance's group means nothing once it is gone; the broker would keep it for days. */
async function forgetGroup(client: KafkaClient, groupId: string): Promise<void> {
  const what = `forgetting the group ${groupId}`;
  await askBrokers(client, what, forgetMs, (admin) => admin.deleteGroups([groupId])).catch(() => undefined);
}
