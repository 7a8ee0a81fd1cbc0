import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { codeBlocksOf } from "../support/code-blocks.ts";
import { buildJavaCore, javaLibraries, missingForJava } from "../support/java-core.ts";

/** What a billing core has around the samples; of Spring JDBC, Avro and the outbox no more than they use. */
const around = (setUp: string, methods: string): string => `
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.springframework.kafka.KafkaException;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;
import org.springframework.kafka.requestreply.ReplyingKafkaTemplate;
import org.springframework.kafka.support.TopicPartitionOffset;
import org.springframework.transaction.annotation.Transactional;

abstract class Sample {
  record ClientUpdate(long id) {}
  record Verdict(String decision, String operationId, int attempt, String dataHash, String credit) {
    static Verdict bySilence(String onSilence) { return new Verdict(onSilence, "", 0, "", ""); }
  }
  static class ChangedMeanwhile extends RuntimeException {}
  interface Avro { byte[] encode(ClientUpdate data); Verdict decodeVerdict(byte[] value); }
  interface Jdbc { int update(String sql, Object... values); }
  interface Outbox { void add(String event, Verdict verdict); }

  ReplyingKafkaTemplate<String, byte[], byte[]> template;
  Avro avro; Jdbc jdbc; Outbox outbox; String onSilence; long deadlineMs;
  abstract void header(ProducerRecord<String, byte[]> record, String name, String value);
  abstract String sha256Hex(byte[] value);

  void setUp(String brokers, int instanceNumber, ProducerFactory<String, byte[]> producerFactory,
      ConsumerFactory<String, byte[]> consumerFactory) {
${setUp}
  }

${methods}
}
`;

const missing = await missingForJava();

test("the Java of docs/billing-core.md compiles with Spring Kafka", { skip: missing ?? false }, async (t) => {
  const [setUp = "", methods = "", ...more] = codeBlocksOf("docs/billing-core.md", "java");
  assert.deepEqual(more, []);
  await buildJavaCore();
  const folder = mkdtempSync(join(tmpdir(), "java-sample-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const compile = async (methodsToo: string): Promise<string> => {
    const file = join(folder, "Sample.java");
    writeFileSync(file, around(setUp, methodsToo));
    const args = ["-d", folder, "-proc:none", "-cp", javaLibraries, file];
    return promisify(execFile)("javac", args, { timeout: 120_000 }).then(
      () => "",
      (error: unknown) => (error as { readonly stderr?: string }).stderr ?? String(error),
    );
  };
  assert.equal(await compile(methods), "");
  assert.match(
    await compile(methods.replace("sendAndReceive", "sendAndForget")),
    /sendAndForget/,
    "a wrong one would be found",
  );
});
