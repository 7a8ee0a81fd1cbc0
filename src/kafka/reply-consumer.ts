import { randomInt, randomUUID } from "node:crypto";
import { AssignerProtocol, type Consumer, type PartitionAssigner } from "kafkajs";
import { BridgeError, messageOf } from "../errors.ts";
import { bounded } from "../model/bounded.ts";
import { systemClock } from "../model/clock.ts";
import type { InboundRecord } from "../model/record.ts";
import type { KafkaClient } from "./client.ts";

export interface ReplyConsumerOptions {
  readonly topic: string;
  /** The partition replies are asked for; default: any one. */
  readonly partition?: number;
  readonly groupPrefix: string;
  /** Must return at once; what it throws is logged. */
  readonly onReply: (record: InboundRecord) => void;
}

export interface ReplyConsumer {
  /** Resolves when every reply written from now on will be seen. Rejects BROKER_UNAVAILABLE or NOT_SET_UP. */
  start(timeoutMs: number): Promise<{ readonly partition: number }>;
  ready(): boolean;
  stop(deadlineMs: number): Promise<void>;
}

/**
 * Reads one partition of the reply topic from its end, under a group of its own: a shared group would lose replies at each
 * rebalance. The position is read before the first join and pinned at every join to what was seen last, so that replies
 * written while the broker was away are read when it is back.
 */
export function createReplyConsumer(client: KafkaClient, options: ReplyConsumerOptions): ReplyConsumer {
  const groupId = `${options.groupPrefix}.replies.${randomUUID()}`;
  const { topic } = options;
  let consumer: Consumer | null = null;
  let next = 0;
  let joined = false;
  let stopped = false;

  const listen = async (partition: number): Promise<void> => {
    const current = client.kafka.consumer({
      groupId,
      partitionAssigners: [onlyPartition(topic, partition)],
      maxWaitTimeInMs: 250,
      heartbeatInterval: 3000,
      sessionTimeout: 30_000,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5, restartOnFailure: () => Promise.resolve(true) },
    });
    consumer = current;
    const { CRASH, GROUP_JOIN } = current.events;
    const firstJoin = new Promise<void>((resolve) => {
      current.on(GROUP_JOIN, () => {
        current.seek({ topic, partition, offset: String(next) });
        joined = true;
        resolve();
      });
    });
    current.on(CRASH, ({ payload: { restart, error } }) => {
      joined = false;
      if (restart || stopped || consumer !== current) return;
      client.logger.warn({ groupId, detail: error.message }, "the reply consumer crashed; building it anew");
      void again(partition);
    });
    await current.connect();
    await current.subscribe({ topic, fromBeginning: true });
    await current.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        for (const message of batch.messages) {
          const offset = Number(message.offset);
          // After a rejoin kafkajs may fetch from an older position before the seek counts.
          if (batch.partition !== partition || offset < next) continue;
          next = offset + 1;
          tell({
            topic,
            partition,
            offset,
            timestampMs: Number(message.timestamp),
            key: message.key,
            value: message.value,
            headers: message.headers ?? {},
          });
        }
        return Promise.resolve();
      },
    });
    await firstJoin;
  };

  const again = async (partition: number): Promise<void> => {
    while (!stopped) {
      try {
        await consumer?.disconnect();
        await listen(partition);
        return;
      } catch (error) {
        client.logger.warn({ groupId, detail: messageOf(error) }, "waiting for Kafka");
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  };

  const tell = (record: InboundRecord): void => {
    try {
      options.onReply(record);
    } catch (defect) {
      client.logger.error({ groupId, error: defect }, "defect: the reply listener threw");
    }
  };

  const begin = async (): Promise<{ partition: number }> => {
    const ends = await endOffsets(client, topic);
    const chosen = options.partition ?? ends[randomInt(ends.length)]?.partition;
    const end = ends.find(({ partition }) => partition === chosen);
    if (end === undefined) {
      throw new BridgeError(
        "NOT_SET_UP",
        `the reply topic ${topic} has no partition ${chosen ?? 0}: run \`provisioning-bridge setup\``,
      );
    }
    next = end.offset;
    await listen(end.partition);
    return { partition: end.partition };
  };

  return {
    async start(timeoutMs) {
      const started = begin();
      if ((await bounded(started, timeoutMs, systemClock)) === "late") {
        started.catch(() => undefined);
        throw new BridgeError("BROKER_UNAVAILABLE", `no reply consumer on ${topic} within ${timeoutMs} ms`);
      }
      return started.catch((error: unknown) => {
        throw error instanceof BridgeError
          ? error
          : new BridgeError("BROKER_UNAVAILABLE", `no reply consumer on ${topic}: ${messageOf(error)}`, {
              cause: error,
            });
      });
    },
    ready: () => joined,
    async stop(deadlineMs) {
      if (stopped) return;
      stopped = true;
      joined = false;
      await bounded(consumer?.disconnect() ?? Promise.resolve(), deadlineMs, systemClock);
      await bounded(forgetGroup(client, groupId), Math.min(deadlineMs, 2000), systemClock);
    },
  };
}

async function endOffsets(
  { kafka }: KafkaClient,
  topic: string,
): Promise<readonly { partition: number; offset: number }[]> {
  const admin = kafka.admin({ retry: { retries: 4, initialRetryTime: 100, maxRetryTime: 1000 } });
  try {
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.map(({ partition, high }) => ({ partition, offset: Number(high) }));
  } catch (error) {
    const missing = messageOf(error).includes("does not host this topic-partition");
    if (missing)
      throw new BridgeError(
        "NOT_SET_UP",
        `the reply topic ${topic} does not exist: run \`provisioning-bridge setup\``,
        { cause: error },
      );
    throw error;
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

/** Names one partition, whoever joins: kafkajs has no `assign()`, and this works as one. */
function onlyPartition(topic: string, partition: number): PartitionAssigner {
  const name = "provisioning-bridge-one-partition";
  return () => ({
    name,
    version: 1,
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }),
    }),
    assign: ({ members }) =>
      Promise.resolve(
        members.map(({ memberId }) => ({
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({
            version: 1,
            assignment: { [topic]: [partition] },
            userData: Buffer.alloc(0),
          }),
        })),
      ),
  });
}
