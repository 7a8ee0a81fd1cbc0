import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import kafkajs from "kafkajs";
import { createKafkaClient } from "../../src/kafka/connection/client.ts";
import { silentLogger } from "../../src/model/logger.ts";

const { CompressionTypes, Partitioners } = kafkajs;
const { kafka } = createKafkaClient(
  {
    brokers: (process.env["KAFKA_BROKERS"] ?? "").split(","),
    clientId: "compression-test",
    tls: null,
    sasl: null,
    connectionTimeoutMs: 2000,
    requestTimeoutMs: 10_000,
  },
  silentLogger,
);

// The broker unpacks each batch to check its records, so that its Java reads what is written here.
const compressions = {
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

test("batches of every compression pass the broker and come back as they were, in order", async () => {
  const topic = `compression-${randomUUID().slice(0, 8)}`;
  const admin = kafka.admin();
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 50 });
  try {
    await Promise.all([admin.connect(), producer.connect(), consumer.connect()]);
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    const sent: string[] = [];
    for (const [name, compression] of Object.entries(compressions)) {
      const values = Array.from({ length: 500 }, (_, at) => `${name} ${at} ${"balance ".repeat(at % 50)}`);
      await producer.send({
        topic,
        compression,
        messages: values.map((value) => ({ key: name, value, headers: { name } })),
      });
      sent.push(...values);
    }
    const received: string[] = [];
    const all = Promise.withResolvers<undefined>();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => {
        received.push(String(message.value));
        if (received.length === sent.length) all.resolve(undefined);
        return Promise.resolve();
      },
    });
    await all.promise;
    assert.deepEqual(received, sent);
  } finally {
    await Promise.all([producer.disconnect(), consumer.disconnect()]);
    await admin.deleteGroups([topic]).catch(() => undefined);
    await admin.deleteTopics({ topics: [topic] });
    await admin.disconnect();
  }
});
