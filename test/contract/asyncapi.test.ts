import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { Ajv } from "ajv";
import {
  eventHeaders,
  parseEventHeaders,
  parseRequestHeaders,
  replyHeaders,
  requestHeaders,
} from "../../src/kafka/records/headers.ts";
import { registrations } from "../../src/kafka/registry/schemas.ts";
import { planTopics } from "../../src/kafka/topics/topics.ts";
import { eventCatalogue } from "../../src/model/event-catalogue.ts";
import type { RecordHeaders } from "../../src/model/record.ts";
import { topicNames } from "../../src/model/topics.ts";
import { type AsyncApiChannel, channels, document, headersIn, references, resolve } from "../support/asyncapi.ts";

const root = join(import.meta.dirname, "../..");
const names = topicNames("{prefix}");
const byTopic = new Map([...channels().values()].map((channel) => [channel.address, channel]));

function channel(topic: string): AsyncApiChannel {
  return byTopic.get(topic) ?? assert.fail(`${topic} is not in the document`);
}

test("the document is valid AsyncAPI 3.0", () => {
  const file = new URL(import.meta.resolve("@asyncapi/specs/schemas/3.0.0-without-$id.json"));
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const isValid = ajv.validate(JSON.parse(readFileSync(file, "utf8")), document);
  assert.ok(isValid, ajv.errorsText(ajv.errors, { separator: "\n" }));
});

test("every reference names something", () => {
  const { within, files } = references();
  for (const reference of within) resolve(reference);
  assert.ok(files.length > 0);
  for (const file of files) assert.ok(existsSync(join(root, file)), file);
});

test("its topics are those that setup creates, configured as setup does it", () => {
  const plans = planTopics(names, { partitions: 6, replicationFactor: -1 });
  assert.deepEqual([...byTopic.keys()].sort(), plans.map(({ topic }) => topic).sort());
  for (const { topic, partitions, config } of plans) {
    const documented = channel(topic);
    assert.equal(documented.partitions, partitions === 1 ? 1 : undefined, topic);
    const { "cleanup.policy": policy, ...rest } = documented.topicConfiguration;
    const asText = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, String(value)]));
    assert.deepEqual({ "cleanup.policy": (policy as string[]).join(","), ...asText }, config, topic);
    assert.ok(documented.description.length > 20, topic);
  }
});

test("every schema is a message of the topics it is registered for, and there is no other message", () => {
  const documented = [...byTopic.values()].flatMap(({ address, messages }) =>
    [...messages.values()].map(({ schemaFile }) => `${address} ${/(\w+)\.avsc$/.exec(schemaFile)?.[1] ?? schemaFile}`),
  );
  assert.deepEqual(
    documented.sort(),
    registrations(names)
      .map(({ topic, schema }) => `${topic} ${schema.record}`)
      .sort(),
  );
});

test("every message of an event has the event's id, its schema, and the headers of a fact or of a request", () => {
  for (const { id, entity, record, before } of eventCatalogue) {
    const places = [
      { topic: names.facts[entity], message: record, headers: "FactHeaders" },
      ...(before
        ? [{ topic: names.before[entity] ?? "", message: `${record}Request`, headers: "RequestHeaders" }]
        : []),
    ];
    for (const { topic, message, headers } of places) {
      const documented = channel(topic).messages.get(message) ?? assert.fail(`${topic} has no ${message}`);
      assert.equal(documented.name, id);
      assert.equal(documented.schemaFile, `schemas/${entity}/${record}.avsc`);
      assert.equal(documented.headers, resolve(`#/components/schemas/${headers}`));
      assert.ok(documented.bindings?.kafka?.key, `${message} has no key`);
    }
  }
});

test("the headers of each message are those that the code reads or writes, each with what it means", () => {
  const event = { id: "", type: "", source: "", time: "", subject: "", traceparent: "" };
  const request = { ...event, correlationId: Buffer.alloc(1), replyTopic: "", replyPartition: 0, operationId: "" };
  const written = {
    FactHeaders: eventHeaders(event),
    RequestHeaders: requestHeaders({ ...request, attempt: 1, deadlineMs: 0, budgetMs: 0, baseVersion: "" }),
    VerdictHeaders: replyHeaders(Buffer.alloc(1)),
  };
  const read = {
    FactHeaders: namesRead(parseEventHeaders),
    RequestHeaders: [...namesRead(parseEventHeaders), ...namesRead(parseRequestHeaders)],
    VerdictHeaders: [],
  };
  for (const kind of ["FactHeaders", "RequestHeaders", "VerdictHeaders"] as const) {
    const documented = headersIn(resolve(`#/components/schemas/${kind}`));
    const inCode = new Set([...Object.keys(written[kind]), ...read[kind]]);
    assert.deepEqual([...documented.keys()].sort(), [...inCode].sort(), kind);
    for (const [name, description] of documented) assert.ok(description.length > 10, `${name} is not explained`);
  }
  const { messages } = channel(names.verdicts);
  assert.equal(messages.get("Verdict")?.headers, resolve("#/components/schemas/VerdictHeaders"));
});

test("what others stumble over is written down", () => {
  const headers = headersIn(resolve("#/components/schemas/RequestHeaders"));
  assert.match(headers.get("kafka_replyPartition") ?? "", /4 bytes big-endian.+decimal text/s);
  for (const name of ["ce_id", "ce_time", "operation_id"]) assert.match(headers.get(name) ?? "", /JSON quotes/, name);
  assert.match(headers.get("deadline_ms") ?? "", /Absent.+DEADLINE_MS.+record's timestamp/s);
  const { description } = document["info"] as { description: string };
  assert.match(description, /twice, the last one counts/);
});

/** The headers that a parser looks for. */
function namesRead(parser: (headers: RecordHeaders) => unknown): readonly string[] {
  const asked = new Set<string>();
  parser(
    new Proxy<RecordHeaders>(
      {},
      {
        get: (_target, name) => {
          asked.add(String(name));
          return undefined;
        },
      },
    ),
  );
  return [...asked];
}
