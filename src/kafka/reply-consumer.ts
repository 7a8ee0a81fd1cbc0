import { randomInt, randomUUID } from "node:crypto";
import type { EachBatchPayload } from "kafkajs";
import { BridgeError, messageOf } from "../errors.ts";
import { bounded } from "../model/bounded.ts";
import { systemClock } from "../model/clock.ts";
import type { InboundRecord } from "../model/record.ts";
import type { KafkaClient } from "./client.ts";
import { ConsumerLife } from "./consumer-life.ts";
import { inboundRecord } from "./inbound.ts";
import { onePartitionAssigner } from "./one-partition-assigner.ts";
import { isPassing, Supervisor } from "./supervisor.ts";

export interface ReplyConsumerOptions {
  readonly topic: string;
  /** The partition that is read, and that replies are asked for; default: any one. */
  readonly partition?: number;
  readonly groupPrefix: string;
  /** Must return at once; what it throws is logged. */
  readonly onReply: (record: InboundRecord) => void;
}

export interface ReplyConsumer {
  /**
   * Resolves when every reply written from now on will be seen. Rejects with BROKER_UNAVAILABLE or NOT_SET_UP, and CLOSED
   * when it was stopped meanwhile; it may be called again after that.
   */
  start(timeoutMs: number): Promise<{ readonly partition: number }>;
  ready(): boolean;
  /** Leaves and forgets its group; resolves within `deadlineMs` and two seconds. Idempotent. */
  stop(deadlineMs: number): Promise<void>;
}

/**
 * Reads one partition of a topic from its end, replies or heartbeats, under a group of its own: a shared group would lose
 * replies at each rebalance. The position is read before the first join and pinned at every join to what was seen last, so that replies
 * written while the broker was away are read when it is back.
 */
export function createReplyConsumer(client: KafkaClient, options: ReplyConsumerOptions): ReplyConsumer {
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

class PinnedConsumer implements ReplyConsumer {
  readonly #client: KafkaClient;
  readonly #options: ReplyConsumerOptions;
  readonly #groupId: string;
  readonly #supervisor: Supervisor;
  readonly #joinedOnce = Promise.withResolvers<undefined>();
  #life: ConsumerLife | null = null;
  #position: Position | null = null;
  #memberId: string | null = null;
  #joined = false;
  #stopping: Promise<void> | null = null;

  constructor(client: KafkaClient, options: ReplyConsumerOptions) {
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
      // A billing core goes on without replies: its own clock decides.
      maxFailures: Infinity,
      clock: systemClock,
    });
  }

  async start(timeoutMs: number): Promise<{ readonly partition: number }> {
    const started = this.#begin();
    if ((await bounded(started, timeoutMs, systemClock)) === "late") {
      started.catch(() => undefined);
      throw new BridgeError(
        "BROKER_UNAVAILABLE",
        `${this.#options.topic} cannot be read: no answer within ${timeoutMs} ms`,
      );
    }
    return started;
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
    this.#joinedOnce.reject(new BridgeError("CLOSED", "the reply consumer was stopped"));
    await this.#supervisor.stop(deadlineMs);
    if (this.#position !== null) await bounded(forgetGroup(this.#client, this.#groupId), forgetMs, systemClock);
  }

  async #begin(): Promise<{ readonly partition: number }> {
    const position = this.#position ?? (await firstPosition(this.#client, this.#options));
    if (this.#stopping !== null) throw new BridgeError("CLOSED", "the reply consumer was stopped");
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
      },
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
      // Offsets that start over mean a topic made anew: its replies are as good as any.
      position.offset = Number(message.offset) + 1;
      life.guarded(() => this.#options.onReply(inboundRecord({ topic, partition }, message)));
    }
  }
}

/** The end of the partition that was asked for, or of any one. */
async function firstPosition(client: KafkaClient, { topic, partition }: ReplyConsumerOptions): Promise<Position> {
  const ends = await endOffsets(client, topic);
  const chosen = partition ?? ends[randomInt(Math.max(ends.length, 1))]?.partition;
  const end = ends.find((one) => one.partition === chosen);
  if (end !== undefined) return end;
  throw new BridgeError(
    "NOT_SET_UP",
    `the topic ${topic} has no partition ${chosen ?? 0}: run \`provisioning-bridge setup\``,
  );
}

async function endOffsets({ kafka }: KafkaClient, topic: string): Promise<readonly Position[]> {
  const admin = kafka.admin({ retry: { retries: 4, initialRetryTime: 100, maxRetryTime: 1000 } });
  try {
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.map(({ partition, high }) => ({ partition, offset: Number(high) }));
  } catch (error) {
    const missing = messageOf(error).includes("does not host this topic-partition");
    throw missing
      ? new BridgeError("NOT_SET_UP", `the topic ${topic} does not exist: run \`provisioning-bridge setup\``, {
          cause: error,
        })
      : new BridgeError("BROKER_UNAVAILABLE", `${topic} cannot be read: ${messageOf(error)}`, { cause: error });
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** An instance's group means nothing once it is gone; the broker would keep it for days. */
async function forgetGroup({ kafka }: KafkaClient, groupId: string): Promise<void> {
  const admin = kafka.admin({ retry: { retries: 1 } });
  try {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  } finally {
    await admin.disconnect();
  }
}
