/**
 * Request and reply with nothing between: a requester and an echo in one process, each with a producer that sends what
 * queued up while the last request was in flight. Prints one JSON line.
 */
import { randomUUID } from "node:crypto";
import kafkajs, { type Message } from "kafkajs";
import { measuring } from "../support/meter.ts";

const [brokers = "", atOnce = "1", warmup = "500", requests = "5000"] = process.argv.slice(2);
const { Kafka, logLevel } = kafkajs;
const kafka = new Kafka({ clientId: "floor", brokers: brokers.split(","), logLevel: logLevel.NOTHING });
const asked = `floor-${randomUUID()}`;
const replied = `${asked}-reply`;
const partitions = 6;

interface Queue {
  send(message: Message): void;
}

async function batching(topic: string): Promise<Queue> {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  await producer.connect();
  let queue: Message[] = [];
  let busy = false;
  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      const messages = queue;
      queue = [];
      await producer.send({ topic, acks: -1, messages });
    }
    busy = false;
  };
  return {
    send(message) {
      queue.push(message);
      if (busy) return;
      busy = true;
      setImmediate(() => void drain());
    },
  };
}

async function consume(topic: string, take: (message: Message) => void): Promise<void> {
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.run({
    partitionsConsumedConcurrently: partitions,
    autoCommitInterval: 1000,
    eachBatch: ({ batch }) => {
      for (const message of batch.messages) take(message);
      return Promise.resolve();
    },
  });
  await joined;
}

const admin = kafka.admin();
await admin.connect();
const topics = [asked, replied].map((topic) => ({ topic, numPartitions: partitions }));
await admin.createTopics({ topics, waitForLeaders: true });

const value = Buffer.alloc(300, "x");
const waiting = new Map<string, () => void>();
const replies = await batching(replied);
await consume(asked, ({ headers = {} }) => replies.send({ value, headers }));
await consume(replied, ({ headers }) => {
  const correlation = String(headers?.["correlation"]);
  waiting.get(correlation)?.();
  waiting.delete(correlation);
});
const questions = await batching(asked);
const { meter, over } = measuring([process.pid], Number(warmup), Number(requests));
let next = 0;
const most = Number(warmup) + Number(requests);
const caller = async (): Promise<void> => {
  while (next < most) {
    const correlation = `r${next++}`;
    const startMs = performance.now();
    await new Promise<void>((resolve) => {
      waiting.set(correlation, resolve);
      questions.send({ key: correlation, value, headers: { correlation } });
    });
    meter.add(performance.now() - startMs);
  }
};
for (let at = 0; at < Number(atOnce); at++) void caller();
const cpu = await over;
const [p50, p99, p999, max] = [0.5, 0.99, 0.999, 1].map((share) => meter.quantile(share));
const result = { perSecond: meter.perSecond, p50, p99, p999, max, cpuSeconds: cpu, decided: {} };
process.stdout.write(`${JSON.stringify(result)}\n`);
await admin.deleteTopics({ topics: [asked, replied] }).catch(() => undefined);
process.exit(0);
