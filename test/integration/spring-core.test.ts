import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startBridge } from "../../src/bridge/bridge.ts";
import { kafkaSettings, registrySettings } from "../../src/bridge/connections.ts";
import { loadHandlers } from "../../src/bridge/load-handlers.ts";
import { startSampleHandlers } from "../../src/cli/demo/sample-handlers.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { createKafkaClient } from "../../src/kafka/connection/client.ts";
import { createRegistry } from "../../src/kafka/registry/registry.ts";
import { setUp } from "../../src/kafka/topics/setup.ts";
import { silentLogger } from "../../src/model/logger.ts";
import { topicNames } from "../../src/model/topics.ts";
import { buildJavaCore, missingForJava, runJavaCore } from "../support/java-core.ts";

interface Line {
  readonly form: "record" | "message";
  readonly replies: "pinned" | "subscribed";
  readonly question: "allow" | "modify" | "forbid";
  readonly same_operation: boolean;
  readonly same_data_hash: boolean;
  readonly attempt: number;
  readonly base_version: string | null;
  readonly decision: string;
  readonly decided_by: string;
  readonly handler: string | null;
  readonly reason_code: string | null;
  readonly changes: readonly string[];
  readonly data: { readonly id: number; readonly name: string; readonly changed_fields: readonly string[] } | null;
  /** Of the record form. */
  readonly same_correlation_id?: boolean;
  readonly reply_headers?: readonly string[];
  readonly reply_key?: string;
  readonly reply_partition?: number;
  /** Of the message form: the request's headers as Spring wrote them. */
  readonly written_headers?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, "../..");
const prefix = `spring-${randomUUID().slice(0, 8)}`;
const missing = await missingForJava();
// On a continuous integration machine a test that is left out would look like one that passed.
const skip = missing !== null && process.env["CI"] !== "true" ? missing : false;
const undo: (() => unknown)[] = [];
let lines: readonly Line[] = [];

describe("a Java core with Spring's ReplyingKafkaTemplate and no code of ours", { skip }, () => {
  before(async () => {
    assert.equal(missing, null, missing ?? "");
    const [[brokers, registry]] = await Promise.all([bridgeUp(), buildJavaCore()]);
    lines = (await runJavaCore([brokers, registry, prefix, join(root, "schemas")], 90_000)) as readonly Line[];
  });

  after(async () => {
    for (const step of undo.reverse()) await step();
  });

  test("gets every verdict, in both of Spring's forms, by a pinned partition and by a shared one", () => {
    const asked = lines.map(({ form, replies, question }) => `${replies} ${form} ${question}`).sort();
    const expected = ["pinned", "subscribed"].flatMap((replies) =>
      ["message", "record"].flatMap((form) => ["allow", "forbid", "modify"].map((q) => `${replies} ${form} ${q}`)),
    );
    assert.deepEqual(asked, expected);
  });

  test("reads who allowed, what was changed and why something was forbidden", () => {
    for (const { question, decision, decided_by, handler, reason_code, changes, data } of lines) {
      const told = { decision, decided_by, handler, reason_code, changes, data };
      if (question === "allow") {
        assert.deepEqual({ decision, changes, data }, { decision: "allow", changes: [], data: null });
      } else if (question === "modify") {
        assert.deepEqual(
          { decision, decided_by, changes, data },
          {
            decision: "allow",
            decided_by: "handler",
            changes: ['name: "  Example   Telecom " -> "Example Telecom"'],
            data: { id: 12, name: "Example Telecom", changed_fields: ["name"] },
          },
        );
      } else {
        assert.deepEqual(told, {
          decision: "forbid",
          decided_by: "handler",
          handler: "credit-guard",
          reason_code: "credit-limit",
          changes: [],
          data: null,
        });
      }
    }
  });

  test("finds its operation, the hash of what it sent, and of two correlation ids the last", () => {
    for (const line of lines) {
      assert.ok(line.same_operation && line.same_data_hash, JSON.stringify(line));
      assert.deepEqual([line.attempt, line.base_version], line.form === "record" ? [2, "v7"] : [1, null]);
      if (line.form === "record") assert.equal(line.same_correlation_id, true);
    }
  });

  test("gets the reply where it asked for it, keyed by the operation, with no header but the correlation id", () => {
    const records = lines.filter(({ form }) => form === "record");
    assert.ok(records.length > 0);
    for (const { replies, reply_headers, reply_partition } of records) {
      assert.deepEqual(reply_headers, ["kafka_correlationId"]);
      if (replies === "pinned") assert.equal(reply_partition, 1);
    }
    assert.equal(new Set(records.map(({ reply_key }) => reply_key)).size, records.length);
  });

  test("may leave the quotes that Spring's Message API puts around ids and times", () => {
    const messages = lines.filter(({ form }) => form === "message");
    assert.ok(messages.length > 0);
    for (const { written_headers } of messages) {
      // Should Spring stop writing them, this test no longer shows anything.
      assert.match(written_headers?.["operation_id"] ?? "", /^"[0-9a-f-]{36}"$/);
      assert.match(written_headers?.["ce_time"] ?? "", /^"2026-01-01T00:00:00.123456789Z"$/);
      assert.ok("spring_json_header_types" in (written_headers ?? {}));
    }
  });
});

/** The real bridge with the demo's before handlers; its addresses. */
async function bridgeUp(): Promise<readonly [string, string]> {
  const sample = await startSampleHandlers();
  undo.push(() => sample.close());
  const settings = loadSettings({
    ...process.env,
    TOPIC_PREFIX: prefix,
    GROUP_PREFIX: prefix,
    TOPIC_PARTITIONS: "2",
    EGRESS_ALLOW: "127.0.0.0/8",
    SCRIPTS_DIR: join(root, "config/demo/scripts"),
    HTTP_HOST: "127.0.0.1",
    HTTP_PORT: "0",
  });
  const folder = mkdtempSync(join(tmpdir(), "spring-core-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "handlers.yaml");
  const template = readFileSync(join(root, "config/demo/handlers.yaml"), "utf8");
  writeFileSync(file, template.replaceAll("${HANDLERS_URL}", sample.url).replaceAll("${DEAD_URL}", sample.deadUrl));
  const loaded = loadHandlers(file, settings);

  const client = createKafkaClient(kafkaSettings(settings), silentLogger);
  const names = topicNames(prefix);
  await setUp({
    client,
    registry: createRegistry(registrySettings(settings)),
    names,
    settings: { partitions: 2, replicationFactor: -1 },
  });
  undo.push(async () => {
    const admin = client.kafka.admin();
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`));
    await admin.deleteTopics({ topics });
    await admin.disconnect();
  });
  const bridge = await startBridge({ settings, file: loaded, stage: "before", logger: silentLogger });
  undo.push(() => bridge.stop());
  await bridge.started;
  return [settings.kafka.brokers.join(","), settings.registry.url ?? ""];
}
