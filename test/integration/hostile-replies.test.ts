import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { openVerdictWriter, type VerdictWriter } from "../../src/kafka/records/verdict-codec.ts";
import { type InboundRecord, lastHeader } from "../../src/model/record.ts";
import type { Verdict } from "../../src/model/verdict.ts";
import type { BillingEvent } from "../../src/sdk/billing-event.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";

/** What a billing core does with what others write to its topics, and while the registry does not answer. */
const update: BillingEvent<"clients.update"> = { id: "clients.update", data: { id: 12, name: "Acme" } };
const undo: (() => Promise<unknown>)[] = [];
let topics: FreshTopics;
let writer: VerdictWriter;
/** What stands for a bridge does with a request. */
let onRequest: (record: InboundRecord) => Promise<void> = () => Promise.resolve();

before(async () => {
  topics = await FreshTopics.open();
  undo.push(() => topics.close());
  writer = await openVerdictWriter(topics.registry, topics.names.verdicts);
  const topic = topics.names.before.clients ?? "";
  const consumer = topics.client.kafka.consumer({ groupId: `${topics.prefix}.fake`, maxWaitTimeInMs: 50 });
  await consumer.connect();
  undo.push(() => consumer.disconnect());
  await consumer.subscribe({ topic, fromBeginning: true });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.run({
    eachMessage: ({ partition, message }) => {
      const { headers = {}, key, offset, timestamp, value } = message;
      const at = { topic, partition, offset: Number(offset), timestampMs: Number(timestamp) };
      return onRequest({ ...at, key, value, headers });
    },
  });
  await joined;
});

after(async () => {
  for (const step of undo.reverse()) await step();
});

/** Replies as a bridge does that forbids, but for what is `given`. */
async function reply({ headers, value }: InboundRecord, given: Partial<Verdict> = {}): Promise<void> {
  const text = (name: string): string => lastHeader(headers, name)?.toString() ?? "";
  const verdict: Verdict = {
    ...{ decision: "forbid", decidedBy: "handler", handler: "guard", reason: null, baseVersion: null, attempt: 1 },
    operationId: text("operation_id"),
    dataHash: createHash("sha256")
      .update(value ?? "")
      .digest("hex"),
    ...{ data: null, changes: [], handlers: [], warnings: [] },
    ...given,
  };
  await topics.producer.send({
    topic: topics.names.verdicts,
    partition: lastHeader(headers, "kafka_replyPartition")?.readUInt32BE() ?? 0,
    key: verdict.operationId,
    value: writer.encode(verdict, null),
    headers: { kafka_correlationId: lastHeader(headers, "kafka_correlationId") ?? Buffer.alloc(0) },
  });
}

test("a reply that does not fit what was asked ends nothing: the bridge's own still decides", async () => {
  const core = await topics.core({ onSilence: "allow", skipWithoutHandlers: false, deadlineMs: 5000 });
  onRequest = async (record) => {
    await reply(record, { decision: "allow", dataHash: "0".repeat(64) });
    await reply(record, { decision: "allow", operationId: "another" });
    await reply(record, { decision: "allow", attempt: 2 });
    await reply(record);
  };
  const { decision, decidedBy } = await core.request(update);
  assert.deepEqual([decision, decidedBy], ["forbid", "handler"]);
  const { unreadable, conflict, silence } = core.counts();
  assert.deepEqual({ unreadable, conflict, silence }, { unreadable: 3, conflict: 0, silence: 0 });
});

test("the first verdict of a core's life needs no registry", async () => {
  const registry = await RegistryProxy.open(topics.servers.schemaRegistryUrl);
  undo.push(() => registry.close());
  const core = await topics.core({
    registry: { url: registry.url },
    ...{ onSilence: "allow", skipWithoutHandlers: false, deadlineMs: 5000 },
  });
  registry.answers = false;
  onRequest = (record) => reply(record);
  const { decision, decidedBy } = await core.request(update);
  assert.deepEqual([decision, decidedBy], ["forbid", "handler"]);
});

test("a request does not wait behind the facts that its core publishes", async () => {
  const core = await topics.core({ onSilence: "allow", skipWithoutHandlers: false, deadlineMs: 5000 });
  onRequest = (record) => reply(record);
  let written = 0;
  const facts = Array.from({ length: 20_000 }, () => core.publish(update).then(() => written++));
  const { decision, decidedBy } = await core.request(update);
  assert.deepEqual([decision, decidedBy], ["forbid", "handler"]);
  assert.ok(written < facts.length, "every fact was written before the verdict");
  await Promise.all(facts);
});

test("a record that only bears a heartbeat's name neither ends the core nor says that nobody has a handler", async () => {
  const core = await topics.core({ onSilence: "forbid", heardWithinMs: 500, deadlineMs: 5000 });
  const schema = { type: "record", name: "BridgeHeartbeat", fields: [{ name: "event_ids", type: "int" }] };
  const subject = `${topics.prefix}-foreign`;
  await topics.registry.register(subject, JSON.stringify(schema));
  const foreign = await topics.registry.recordBySchema(subject, JSON.stringify(schema));
  onRequest = (record) => reply(record, { decision: "allow" });
  const value = foreign.encode({ event_ids: 5 });
  for (let at = 0; at < 6; at++) {
    await topics.producer.send({ topic: topics.names.bridges, partition: 0, key: "foreign", value, headers: {} });
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  await eventually("it is asked", async () => (await core.request(update)).decidedBy === "handler");
  assert.equal(core.counts()["no-handler-skip"], 0);
});

/** Hands everything on to the registry, or answers nothing at all. */
class RegistryProxy {
  answers = true;
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async open(target: string): Promise<RegistryProxy> {
    const { hostname, pathname, port } = new URL(target);
    const server = createServer((incoming, outgoing) => {
      if (!proxy.answers) return;
      const { headers, method, url: path } = incoming;
      const options = { hostname, port, path, method, headers: { ...headers, host: `${hostname}:${port}` } };
      incoming.pipe(
        request(options, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy = new RegistryProxy(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`);
    return proxy;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
