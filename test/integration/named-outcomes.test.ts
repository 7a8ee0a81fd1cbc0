import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { frame } from "../../src/kafka/codec/wire.ts";
import { readDeadLetter, type StoredDeadLetter } from "../../src/kafka/records/dead-letter-codec.ts";
import { eventHeaders, partitionBytes } from "../../src/kafka/records/headers.ts";
import { readVerdict, type WireVerdict } from "../../src/kafka/records/verdict-codec.ts";
import { findEventType } from "../../src/model/event-catalogue.ts";
import { type InboundRecord, lastHeader } from "../../src/model/record.ts";
import type { BillingClient } from "../../src/sdk/client-options.ts";
import { EventCodecs } from "../../src/sdk/event-codecs.ts";
import { BridgeProcess, type LogLine } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { asked, told } from "../support/handlers.ts";
import { answer, Sink } from "../support/sink.ts";

/** Records no billing client would write: each ends under a name, and the next event is delivered all the same. */

type Headers = Record<string, string | Buffer>;

const vendorEvent = "clients.calls.started";
const vendorSchema = JSON.stringify({
  type: "record",
  name: "VendorCallStarted",
  namespace: "vendor",
  fields: [
    { name: "id", type: "long" },
    { name: "caller", type: "string" },
  ],
});
const unknownSchemaId = 2_000_000_000;
const undo: (() => Promise<void>)[] = [];
let topics: FreshTopics;
let sink: Sink;
let bridge: BridgeProcess;
let core: BillingClient;
/** A client's update, as the core writes it. */
let value: Buffer;
let vendorValue: Buffer;

before(async () => {
  sink = await Sink.open();
  undo.push(() => sink.close());
  topics = await FreshTopics.open({ partitions: 2 });
  undo.push(() => topics.close());
  const codecs = new EventCodecs(topics.registry, topics.names);
  await codecs.open(["clients.update"], true);
  const type = findEventType("clients.update");
  assert.ok(type !== undefined);
  value = codecs.request(type).encode({ id: 12, name: "acme" });
  const subject = `${topics.names.facts.clients}-vendor.VendorCallStarted`;
  await topics.registry.register(subject, vendorSchema);
  const vendor = await topics.registry.recordBySchema(subject, vendorSchema);
  vendorValue = vendor.encode({ id: 5, caller: "+43 1 000" });
  sink.on("/before", ({ body }) => answer({ decision: "allow", data: { name: `${String(body.data["name"])}!` } }));
  bridge = await BridgeProcess.ready({
    env: topics.env,
    handlers: [
      asked({
        id: "before",
        events: ["clients.update"],
        url: sink.url("/before"),
        mayChange: ["name"],
        timeoutMs: 900,
      }),
      told({ id: "after", events: ["clients.update", "clients.archive"], url: sink.url("/after"), group: "main" }),
      told({ id: "vendor", events: [vendorEvent], url: sink.url("/vendor"), group: "main" }),
    ],
  });
  undo.push(() => bridge.kill());
  core = await topics.core({ onSilence: "forbid" });
});

after(async () => {
  for (const step of undo.reverse()) await step();
});

const usual = (type = "clients.update"): Headers => ({
  ...eventHeaders({ id: randomUUID(), type, source: "/test", time: new Date().toISOString(), subject: "12" }),
});

function without(headers: Headers, ...names: readonly string[]): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}

/** Ten bytes of a record whose first field is a long that never ends. */
const garbage = Buffer.alloc(10, 0xff);

function ofSchema(other: Buffer, payload: Buffer): Buffer {
  return frame(other.readUInt32BE(1), payload);
}

const isAt = ({ topic, partition, offset }: { topic: string; partition: number; offset: number }) => {
  const sequence = `${topic}/${partition}/${offset}`;
  return (line: LogLine) => line["sequence"] === sequence;
};

describe("a fact", () => {
  /** Publishes the next event of the same client, hence of the same lane, and waits until it is delivered. */
  async function nextIsDelivered(): Promise<void> {
    const { ceId } = await core.publish({ id: "clients.archive", data: { id: 12 } });
    const arrived = () => sink.at("/after").some(({ headers }) => headers["ce-id"] === ceId);
    await eventually("the next event is delivered", arrived);
  }

  async function letterOf(fact: { partition: number; offset: number }): Promise<StoredDeadLetter | undefined> {
    for (const record of await topics.contents(topics.names.deadLetters)) {
      const reading = await readDeadLetter(topics.registry, record.value ?? Buffer.alloc(0));
      assert.equal(reading.kind, "dead-letter");
      const { partition, offset } = reading.letter.record;
      if (partition === fact.partition && offset === fact.offset) return reading.letter;
    }
    return undefined;
  }

  const send = (headers: Headers, content: Buffer | null) =>
    topics.producer.send({ topic: topics.names.facts.clients, key: "12", value: content, headers });

  const poisons = [
    ["whose bytes do not fit its schema", "undecodable", () => [usual(), ofSchema(value, garbage)]],
    ["that breaks off in the middle", "undecodable", () => [usual(), value.subarray(0, value.length - 3)]],
    ["that is JSON instead of the wire format", "not-wire-format", () => [usual(), Buffer.from('{"id":12}')]],
    ["of three bytes", "not-wire-format", () => [usual(), Buffer.from([0, 0, 0])]],
    ["of a schema nobody registered", "unknown-schema", () => [usual(), frame(unknownSchemaId, garbage)]],
    ["without ce_type", "missing-header", () => [without(usual(), "ce_type"), value]],
    ["with an empty ce_type", "missing-header", () => [{ ...usual(), ce_type: "" }, value]],
    ["without any header", "missing-header", () => [{}, value]],
    ["whose ce_type is another event's than its schema", "type-mismatch", () => [usual("clients.archive"), value]],
    ["of a vendor's event with a schema of ours", "type-mismatch", () => [usual(vendorEvent), value]],
  ] as const satisfies readonly (readonly [string, string, () => [Headers, Buffer]])[];

  for (const [what, reason, make] of poisons) {
    test(`${what} is dead-lettered whole as ${reason}, counted and logged; the next event is delivered`, async () => {
      const labels = { group: "main", handler: "none", reason };
      const counted = await bridge.counter("dead_letters_total", labels);
      const poisoned = await bridge.counter("poison_total", { stage: "after", reason });
      const [headers, content] = make();
      const position = await send(headers, content);
      await nextIsDelivered();

      const line = await bridge.line("fact dead-lettered", isAt({ topic: topics.names.facts.clients, ...position }));
      assert.deepEqual([line.msg, line.level, line["reason"]], ["fact dead-lettered", "error", reason]);
      assert.equal(await bridge.counter("dead_letters_total", labels), counted + 1);
      assert.equal(await bridge.counter("poison_total", { stage: "after", reason }), poisoned + 1);
      const letter = await letterOf(position);
      assert.ok(letter !== undefined, "no dead letter");
      assert.deepEqual([letter.group, letter.handler, letter.reason], ["main", null, reason]);
      assert.deepEqual(letter.record.value, content);
      assert.deepEqual(letter.record.key, Buffer.from("12"));
      const texts = Object.entries(letter.record.headers).map(([name, bytes]) => [name, String(bytes)]);
      assert.deepEqual(Object.fromEntries(texts), headers);
    });
  }

  const skipped = [
    ["of an unknown event id nobody names", "unmatched", () => [usual("clients.something.else"), vendorValue]],
    ["of a known event id nobody names", "unmatched", () => [usual("clients.delete"), value]],
    ["that is a tombstone", "tombstone", () => [usual(), null]],
    ["that is a tombstone without headers", "tombstone", () => [{}, null]],
  ] as const satisfies readonly (readonly [string, string, () => [Headers, Buffer | null]])[];

  for (const [what, end, make] of skipped) {
    test(`${what} is settled as ${end}, counted and logged, and no dead letter; the next event is delivered`, async () => {
      const counted = await bridge.counter("fact_ends_total", { group: "main", end });
      const [headers, content] = make();
      const position = await send(headers, content);
      await nextIsDelivered();
      const line = await bridge.line("fact settled", isAt({ topic: topics.names.facts.clients, ...position }));
      assert.equal(line["end"], end);
      assert.equal(await bridge.counter("fact_ends_total", { group: "main", end }), counted + 1);
      assert.equal(await letterOf(position), undefined);
    });
  }

  test("of an unknown event id is delivered to the handler that names it exactly", async () => {
    const headers = usual(vendorEvent);
    await send(headers, vendorValue);
    await eventually("the vendor's event arrives", () => sink.at("/vendor").length === 1);
    const [call] = sink.at("/vendor");
    assert.deepEqual(call?.body.event.events_id, vendorEvent);
    assert.deepEqual(call.body.data, { id: 5, caller: "+43 1 000" });
    await nextIsDelivered();
  });

  test("without any header but ce_type is delivered: the record itself tells the rest", async () => {
    const position = await send({ ce_type: "clients.update" }, value);
    const sequence = `${topics.names.facts.clients}/${position.partition}/${position.offset}`;
    const found = () => sink.at("/after").find(({ headers }) => headers["bridge-sequence"] === sequence);
    await eventually("it is delivered", () => found() !== undefined);
    assert.deepEqual(found()?.body.event.object_id, 12);
    assert.ok(!Number.isNaN(Date.parse(found()?.body.event.dt ?? "")));
  });

  test("of 900 KB is delivered whole, and dead-lettered whole when it is refused", async () => {
    const extra = { note: "é".repeat(450_000) };
    const big = await core.publish({ id: "clients.update", data: { id: 12, extra } });
    const call = () => sink.at("/after").find(({ headers }) => headers["ce-id"] === big.ceId);
    await eventually("the big event arrives", () => call() !== undefined);
    assert.deepEqual(call()?.body.data["extra"], extra);

    sink.on("/after", ({ body }) => ({ status: body.data["extra"] === undefined ? 200 : 422 }));
    const refused = await core.publish({ id: "clients.update", data: { id: 12, extra } });
    await nextIsDelivered();
    const letter = await letterOf(refused);
    assert.deepEqual([letter?.handler, letter?.reason, letter?.attempts.length], ["after", "rejected", 1]);
    assert.ok((letter?.record.value?.length ?? 0) > 900_000);
    sink.on("/after", () => ({ status: 200 }));
  });
});

describe("a request", () => {
  const send = (headers: Headers, content: Buffer | null) =>
    topics.producer.send({ topic: topics.names.before.clients ?? "", key: "12", value: content, headers });

  const asking = (correlationId: Buffer, type?: string): Headers => ({
    ...usual(type),
    kafka_correlationId: correlationId,
    kafka_replyTopic: topics.names.verdicts,
    kafka_replyPartition: partitionBytes(1),
    deadline_ms: String(Date.now() + 5000),
    budget_ms: "5000",
  });

  async function replyTo(correlationId: Buffer): Promise<{ record: InboundRecord; verdict: WireVerdict } | undefined> {
    const records = await topics.contents(topics.names.verdicts);
    const record = records.find(({ headers }) => lastHeader(headers, "kafka_correlationId")?.equals(correlationId));
    if (record?.value === undefined || record.value === null) return undefined;
    const reading = await readVerdict(topics.registry, record.value);
    assert.equal(reading.kind, "verdict");
    return { record, verdict: reading.verdict };
  }

  async function nextIsAnswered(): Promise<void> {
    const verdict = await core.request({ id: "clients.update", data: { id: 12, name: "next" } });
    assert.deepEqual([verdict.decision, verdict.decidedBy, verdict.data.name], ["allow", "handler", "next!"]);
  }

  const lineOf = (position: { partition: number; offset: number }) =>
    bridge.line("of the request", isAt({ topic: topics.names.before.clients ?? "", ...position }));

  const unreadable = [
    ["whose bytes do not fit its schema", "undecodable", (h: Headers) => [h, ofSchema(value, garbage)]],
    ["that is not in the wire format", "not-wire-format", (h: Headers) => [h, Buffer.from('{"id":12}')]],
    ["of a schema nobody registered", "unknown-schema", (h: Headers) => [h, frame(unknownSchemaId - 1, garbage)]],
    ["without ce_type", "missing-header", (h: Headers) => [without(h, "ce_type"), value]],
    [
      "whose ce_type disagrees with its schema",
      "type-mismatch",
      (h: Headers) => [{ ...h, ce_type: "clients.archive" }, value],
    ],
  ] as const satisfies readonly (readonly [string, string, (h: Headers) => [Headers, Buffer]])[];

  for (const [what, reason, make] of unreadable) {
    test(`${what} is answered undecided, unreadable, for the core to decide; counted, logged; the next is answered`, async () => {
      const poisoned = await bridge.counter("poison_total", { stage: "before", reason });
      const correlationId = randomBytes(16);
      const [headers, content] = make(asking(correlationId));
      const line = await lineOf(await send(headers, content));
      assert.deepEqual([line.msg, line.level, line["decidedBy"]], ["request decided", "warn", "unreadable"]);
      const reply = await replyTo(correlationId);
      assert.deepEqual(
        [reply?.verdict.decision, reply?.verdict.decidedBy, reply?.verdict.operationId],
        ["undecided", "unreadable", (headers as Headers)["ce_id"]],
      );
      assert.ok(reply?.verdict.reason?.message.startsWith(reason), reply?.verdict.reason?.message);
      assert.equal(await bridge.counter("poison_total", { stage: "before", reason }), poisoned + 1);
      await nextIsAnswered();
    });
  }

  test("of an unknown event id is allowed, no-handler", async () => {
    const correlationId = randomBytes(16);
    const line = await lineOf(await send(asking(correlationId, vendorEvent), vendorValue));
    assert.deepEqual([line["event"], line["decision"], line["decidedBy"]], [vendorEvent, "allow", "no-handler"]);
    assert.deepEqual((await replyTo(correlationId))?.verdict.decidedBy, "no-handler");
    assert.ok((await bridge.counter("requests_total", { event: "other", decided_by: "no-handler" })) >= 1);
    await nextIsAnswered();
  });

  for (const [what, change] of [
    ["names no reply partition", (h: Headers) => without(h, "kafka_replyPartition")],
    [
      "names a reply partition that does not exist",
      (h: Headers) => ({ ...h, kafka_replyPartition: partitionBytes(99) }),
    ],
    ["names a reply partition nobody can read", (h: Headers) => ({ ...h, kafka_replyPartition: "first" })],
  ] as const) {
    test(`that ${what} is answered in the partition its operation id chooses, as replied-by-key`, async () => {
      const counted = await bridge.counter("request_ends_total", { end: "replied-by-key" });
      const correlationId = randomBytes(16);
      const line = await lineOf(await send(change(asking(correlationId)), value));
      assert.deepEqual([line["decision"], line["end"]], ["allow", "replied-by-key"]);
      const reply = await replyTo(correlationId);
      assert.equal(reply?.record.key?.toString(), reply?.verdict.operationId);
      assert.equal(await bridge.counter("request_ends_total", { end: "replied-by-key" }), counted + 1);
      await nextIsAnswered();
    });
  }

  for (const [what, end, change] of [
    [
      "that names a reply topic which is not listed",
      "no-reply-target",
      (h: Headers) => ({ ...h, kafka_replyTopic: topics.names.parked }),
    ],
    ["that names no reply topic", "no-reply-target", (h: Headers) => without(h, "kafka_replyTopic")],
    ["without a correlation id", "no-reply-target", (h: Headers) => without(h, "kafka_correlationId")],
    ["that is a tombstone", "tombstone", (h: Headers) => h],
  ] as const) {
    test(`${what} gets no reply and asks no handler, as ${end}: counted, logged; the next is answered`, async () => {
      const counted = await bridge.counter("request_ends_total", { end });
      const calls = sink.at("/before").length;
      const correlationId = randomBytes(16);
      const line = await lineOf(await send(change(asking(correlationId)), end === "tombstone" ? null : value));
      assert.deepEqual([line.msg, line.level, line["end"]], ["request not answered", "warn", end]);
      assert.equal(await bridge.counter("request_ends_total", { end }), counted + 1);
      assert.equal(sink.at("/before").length, calls);
      assert.equal(await replyTo(correlationId), undefined);
      assert.deepEqual(await topics.contents(topics.names.parked), []);
      await nextIsAnswered();
    });
  }

  test("that has nothing but a correlation id and a reply topic is answered, under the correlation id in hex", async () => {
    const correlationId = randomBytes(16);
    const headers = {
      ce_type: "clients.update",
      kafka_correlationId: correlationId,
      kafka_replyTopic: topics.names.verdicts,
    };
    await lineOf(await send(headers, value));
    const verdict = (await replyTo(correlationId))?.verdict;
    assert.deepEqual(
      [verdict?.decision, verdict?.decidedBy, verdict?.operationId, verdict?.attempt],
      ["allow", "handler", correlationId.toString("hex"), 1],
    );
  });

  test("of 900 KB is decided, and its changed data comes back whole", async () => {
    const extra = { note: "é".repeat(450_000) };
    const verdict = await core.request(
      { id: "clients.update", data: { id: 12, name: "big", extra } },
      { deadlineMs: 3000 },
    );
    assert.deepEqual([verdict.decision, verdict.decidedBy, verdict.changed], ["allow", "handler", true]);
    assert.deepEqual(verdict.data, { id: 12, name: "big!", extra });
    await nextIsAnswered();
  });
});

test("the bridge lived through all of it", async () => {
  assert.ok(bridge.alive);
  assert.equal((await bridge.probe("/readyz"))?.status, 200);
  assert.deepEqual(bridge.said("a defect stopped a delivery: it is tried again"), []);
  assert.equal(await bridge.counter("request_ends_total", { end: "defect" }), 0);
});
