import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openStack, type Stack } from "../../src/dev-stack/stack.ts";
import { createKafkaClient, type KafkaClient } from "../../src/kafka/connection/client.ts";
import { afterTiming, createGroupConsumer } from "../../src/kafka/consume/consumer.ts";
import { createRecordProducer } from "../../src/kafka/produce/producer.ts";
import type { SaslSettings } from "../../src/kafka/settings.ts";
import { openTopicAdmin } from "../../src/kafka/topics/topic-admin.ts";
import { silentLogger } from "../../src/model/logger.ts";
import type { InboundRecord } from "../../src/model/record.ts";

const stackMs = 120_000;

describe("a broker that wants TLS and SASL", { timeout: 240_000 }, () => {
  let stack: Stack;
  before(
    async () => {
      stack = await openStack({ name: `secure-${process.pid}`, secure: true });
    },
    { timeout: stackMs },
  );
  after(() => stack.stop());

  function client(sasl: Partial<SaslSettings>, caFile?: string | null): KafkaClient {
    const { secure } = stack.addresses;
    assert.ok(secure !== null);
    return createKafkaClient(
      {
        brokers: secure.kafkaBrokers.split(","),
        clientId: "secure-test",
        tls: { caFile: caFile === undefined ? secure.caFile : caFile, certFile: null, keyFile: null },
        sasl: { mechanism: "scram-sha-256", username: secure.username, password: secure.password, ...sasl },
        connectionTimeoutMs: 3000,
        requestTimeoutMs: 10_000,
      },
      silentLogger,
    );
  }

  for (const mechanism of ["scram-sha-256", "plain"] as const) {
    it(`is written to and read from by ${mechanism}`, async () => {
      const secure = client({ mechanism });
      const topic = `secure-${mechanism}`;
      const admin = await openTopicAdmin(secure, 20_000);
      await admin.create([
        {
          topic,
          partitions: 1,
          replicationFactor: 1,
          config: { "cleanup.policy": "delete", "max.message.bytes": "1048588" },
        },
      ]);
      await admin.close();

      const producer = createRecordProducer(secure);
      const position = await producer.send({ topic, key: "12", value: Buffer.from("hello"), headers: {} });
      assert.deepEqual(position, { partition: 0, offset: 0 });

      const received = Promise.withResolvers<InboundRecord>();
      const consumer = createGroupConsumer(secure, {
        groupId: `group-${mechanism}`,
        topics: [topic],
        timing: { ...afterTiming, maxWaitMs: 200 },
        sink: { assigned: () => undefined, accept: ([record]) => record !== undefined && received.resolve(record) },
        onGaveUp: received.reject,
      });
      await consumer.start(AbortSignal.timeout(30_000));
      assert.equal((await received.promise).value?.toString(), "hello");
      await consumer.stop(5000);
      await producer.close(5000);
    });
  }

  it("refuses a wrong password, and the error does not hold it", async () => {
    const producer = createRecordProducer(client({ password: "wrong-hunter2" }), { timeoutMs: 3000 });
    await assert.rejects(producer.connect(), (error: Error) => {
      assert.match(error.message, /auth/i);
      assert.equal(error.message.includes("hunter2"), false);
      return true;
    });
    await producer.close(100);
  });

  it("is not trusted without its authority", async () => {
    const producer = createRecordProducer(client({}, null), { timeoutMs: 3000 });
    await assert.rejects(producer.connect(), { code: "BROKER_UNAVAILABLE" });
    await producer.close(100);
  });
});
