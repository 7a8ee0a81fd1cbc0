import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { DeadLetter } from "../../../src/after/ports.ts";
import { createAvroRecord } from "../../../src/kafka/codec/avro-record.ts";
import { openDeadLetterWriter, readDeadLetter } from "../../../src/kafka/records/dead-letter-codec.ts";
import { type Heartbeat, openHeartbeatWriter, readHeartbeat } from "../../../src/kafka/records/heartbeat-codec.ts";
import { openInstanceStatusWriter, readInstanceStatus } from "../../../src/kafka/records/instance-status-codec.ts";
import { openVerdictWriter, readVerdict } from "../../../src/kafka/records/verdict-codec.ts";
import type { RecordLookup } from "../../../src/kafka/registry/registry.ts";
import {
  deadLetterSchema,
  heartbeatSchema,
  instanceStatusSchema,
  subjectOf,
  verdictSchema,
} from "../../../src/kafka/registry/schemas.ts";
import { failureKinds } from "../../../src/model/failure.ts";
import type { InstanceStatus } from "../../../src/model/instance-status.ts";
import type { Verdict } from "../../../src/model/verdict.ts";

const bySubject = new Map([
  [subjectOf("p.verdicts", "Verdict"), createAvroRecord(1, verdictSchema.text)],
  [subjectOf("p.dead-letters", "DeadLetter"), createAvroRecord(2, deadLetterSchema.text)],
  [subjectOf("p.bridges", "BridgeHeartbeat"), createAvroRecord(3, heartbeatSchema.text)],
  [subjectOf("p.instances", "InstanceStatus"), createAvroRecord(4, instanceStatusSchema.text)],
]);
const registry = {
  recordBySchema(subject: string) {
    const record = bySubject.get(subject);
    assert.ok(record);
    return Promise.resolve(record);
  },
  recordById(schemaId: number): Promise<RecordLookup> {
    const record = [...bySubject.values()].find((known) => known.schemaId === schemaId);
    return Promise.resolve(record === undefined ? { kind: "unknown" } : { kind: "record", record });
  },
};
const text = fc.string({ unit: "binary" });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const bytes = fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array));

const verdicts: fc.Arbitrary<Verdict> = fc.record(
  {
    decision: fc.constantFrom("allow", "forbid", "undecided"),
    decidedBy: fc.constantFrom(
      "handler",
      "failure-policy",
      "no-handler",
      "expired",
      "overload",
      "bypass",
      "unreadable",
    ),
    handler: orNull(text),
    reason: orNull(fc.record({ code: text, message: text })),
    operationId: text,
    attempt: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    baseVersion: orNull(text),
    dataHash: text,
    data: fc.constant(null),
    changes: fc.array(fc.record({ path: text, from: orNull(text), to: text, handler: text })),
    handlers: fc.array(fc.record({ id: text, outcome: text, ms: fc.nat() })),
    warnings: fc.array(text),
  },
  { noNullPrototype: true },
);

test("a verdict comes back from the wire as it went, its data still encoded", async () => {
  const writer = await openVerdictWriter(registry, "p.verdicts");
  await fc.assert(
    fc.asyncProperty(verdicts, orNull(bytes), async (verdict, dataValue) => {
      const reading = await readVerdict(registry, writer.encode(verdict, dataValue));
      assert.deepEqual(
        JSON.parse(JSON.stringify(reading)),
        JSON.parse(JSON.stringify({ kind: "verdict", verdict: { ...verdict, data: undefined, dataValue } })),
      );
    }),
  );
});

test("a reason with half a character can be read by everyone", async () => {
  const writer = await openVerdictWriter(registry, "p.verdicts");
  const [verdict] = fc.sample(verdicts, 1);
  assert.ok(verdict);
  const value = writer.encode({ ...verdict, reason: { code: "\ud83d", message: "a\udc00b" } }, null);
  const reading = await readVerdict(registry, value);
  assert.deepEqual(reading.kind === "verdict" && reading.verdict.reason, { code: "\uFFFD", message: "a\uFFFDb" });
});

suite("a verdict that cannot be trusted is unreadable", () => {
  const record = createAvroRecord(1, verdictSchema.text);
  const said = {
    decision: "allow",
    decided_by: "handler",
    handler: null,
    reason: null,
    operation_id: "o",
    attempt: 1,
    base_version: null,
    data_hash: "",
    data: null,
    changes: [],
    handlers: [],
    warnings: [],
  };
  const rows: readonly (readonly [string, Buffer])[] = [
    ["a decision this version does not know", record.encode({ ...said, decision: "maybe" })],
    ["a decider this version does not know", record.encode({ ...said, decided_by: "oracle" })],
    ["a value that is cut off", record.encode(said).subarray(0, 12)],
    ["an unknown schema", createAvroRecord(9, verdictSchema.text).encode(said)],
    ["JSON", Buffer.from("{}")],
  ];
  for (const [what, value] of rows) {
    test(what, async () => assert.equal((await readVerdict(registry, value)).kind, "unreadable"));
  }
  test("but a verdict it knows is readable", async () => {
    assert.equal((await readVerdict(registry, record.encode(said))).kind, "verdict");
  });
});

test("a verdict of an older version, without the optional fields, is read with their defaults", async () => {
  const older = JSON.parse(verdictSchema.text) as { fields: { name: string; default?: unknown }[] };
  older.fields = older.fields.filter((field) => !("default" in field));
  const record = createAvroRecord(3, JSON.stringify(older));
  const value = record.encode({ decision: "forbid", decided_by: "handler", operation_id: "o", data_hash: "h" });
  const reading = await readVerdict({ recordById: () => Promise.resolve({ kind: "record", record }) }, value);
  assert.deepEqual(reading, {
    kind: "verdict",
    verdict: {
      decision: "forbid",
      decidedBy: "handler",
      handler: null,
      reason: null,
      operationId: "o",
      attempt: 1,
      baseVersion: null,
      dataHash: "h",
      dataValue: null,
      changes: [],
      handlers: [],
      warnings: [],
    },
  });
});

const letters: fc.Arbitrary<DeadLetter> = fc.record({
  group: text,
  handler: orNull(text),
  record: fc.record({
    topic: text,
    partition: fc.nat(),
    offset: fc.maxSafeNat(),
    timestampMs: fc.integer({ min: -1, max: 2 ** 45 }),
    key: orNull(bytes),
    value: orNull(bytes),
    headers: fc.dictionary(text, fc.oneof(bytes, fc.array(bytes, { minLength: 2, maxLength: 3 }))),
  }),
  reason: text,
  detail: text,
  attempts: fc.array(
    fc.record({
      number: fc.integer({ min: 1, max: 1000 }),
      atMs: fc.nat(2 ** 41),
      ms: fc.nat(),
      failure: fc.record(
        { kind: fc.constantFrom(...failureKinds), detail: text, status: fc.nat(599) },
        { requiredKeys: ["kind", "detail"] },
      ),
    }),
    { maxLength: 3 },
  ),
});

test("a dead letter keeps the record's bytes and headers, those that stood twice too", async () => {
  const writer = await openDeadLetterWriter(registry, "p.dead-letters");
  await fc.assert(
    fc.asyncProperty(letters, fc.nat(2 ** 41), async (letter, deadAtMs) => {
      const reading = await readDeadLetter(registry, writer.encode(letter, deadAtMs));
      assert.ok(reading.kind === "dead-letter");
      const { attempts, deadAt, record, group, handler, reason, detail } = reading.letter;
      const { attempts: attemptsBefore, record: recordBefore, ...restBefore } = letter;
      assert.deepEqual({ group, handler, reason, detail }, restBefore);
      assert.deepEqual(
        { ...record, headers: { ...record.headers } },
        { ...recordBefore, headers: { ...recordBefore.headers } },
      );
      assert.equal(Date.parse(deadAt), deadAtMs);
      assert.deepEqual(
        attempts.map(({ number, at, ms, kind, detail, status }) => ({
          number,
          atMs: Date.parse(at),
          ms,
          kind,
          detail,
          status,
        })),
        attemptsBefore.map(({ failure: { kind, detail, status = null }, ...attempt }) => ({
          ...attempt,
          kind,
          detail,
          status,
        })),
      );
    }),
  );
});

test("a dead letter tells its event by the canonical id, or that it has none", async () => {
  const writer = await openDeadLetterWriter(registry, "p.dead-letters");
  const [letter] = fc.sample(letters, 1);
  assert.ok(letter);
  const eventIdOf = async (headers: Record<string, string>) => {
    const reading = await readDeadLetter(
      registry,
      writer.encode({ ...letter, record: { ...letter.record, headers } }, 0),
    );
    return reading.kind === "dead-letter" ? reading.letter.eventId : reading;
  };
  assert.equal(await eventIdOf({ ce_type: "clients.subscriptions.renew" }), "clients.packages.renew");
  assert.equal(await eventIdOf({ ce_type: "vendor.thing" }), "vendor.thing");
  assert.equal(await eventIdOf({}), null);
});

test("a verdict is not read as a dead letter", async () => {
  const [verdict] = fc.sample(verdicts, 1);
  assert.ok(verdict);
  const value = (await openVerdictWriter(registry, "p.verdicts")).encode(verdict, null);
  assert.equal((await readDeadLetter(registry, value)).kind, "unreadable");
});

test("a heartbeat comes back from the wire as it went, and is not read from anything else", async () => {
  const writer = await openHeartbeatWriter(registry, "p.bridges");
  const beats: fc.Arbitrary<Heartbeat> = fc.record(
    {
      ...{ instanceId: text, eventIds: fc.array(text), handlersRevision: orNull(text), startedAt: text, beatAt: text },
      uptimeMs: fc.nat(),
    },
    { noNullPrototype: true },
  );
  await fc.assert(
    fc.asyncProperty(beats, async (beat) => {
      const reading = await readHeartbeat(registry, writer.encode(beat));
      assert.deepEqual(JSON.parse(JSON.stringify(reading)), JSON.parse(JSON.stringify({ kind: "heartbeat", beat })));
    }),
  );
  const [verdict] = fc.sample(verdicts, 1);
  assert.ok(verdict);
  const other = (await openVerdictWriter(registry, "p.verdicts")).encode(verdict, null);
  for (const value of [other, Buffer.from("{}"), Buffer.alloc(0)])
    assert.equal((await readHeartbeat(registry, value)).kind, "unreadable");
});

const statuses: fc.Arbitrary<InstanceStatus> = fc.record(
  {
    instanceId: text,
    host: text,
    stage: text,
    version: text,
    startedAt: text,
    at: text,
    handlersRevision: fc.integer({ min: -1 }),
    problems: fc.array(fc.record({ handler: orNull(text), problem: text })),
    waitingFor: fc.array(text),
    loopLagMs: orNull(fc.nat()),
    breakers: fc.array(
      fc.record({
        handler: text,
        pool: fc.constantFrom("before", "after", "shadow"),
        state: fc.constantFrom("open", "half-open"),
      }),
    ),
    groups: fc.array(
      fc.record({
        ...{ group: text, groupId: text, state: text, partitions: fc.array(text), unsettled: fc.nat() },
        ...{ running: fc.nat(), oldestRunnableMs: orNull(fc.nat()), parkedKeys: fc.nat() },
        ...{ paused: fc.boolean(), braked: fc.boolean() },
      }),
    ),
  },
  { noNullPrototype: true },
);

test("an instance's status comes back from the wire as it went", async () => {
  const writer = await openInstanceStatusWriter(registry, "p.instances");
  await fc.assert(
    fc.asyncProperty(statuses, async (status) => {
      const reading = await readInstanceStatus(registry, writer.encode(status));
      assert.deepEqual(JSON.parse(JSON.stringify(reading)), JSON.parse(JSON.stringify({ kind: "status", status })));
    }),
  );
});

test("a record that only bears a status's name is unreadable", async () => {
  const schema = { type: "record", name: "InstanceStatus", fields: [{ name: "instance_id", type: "int" }] };
  const record = createAvroRecord(5, JSON.stringify(schema));
  const away = { recordById: () => Promise.resolve<RecordLookup>({ kind: "record", record }) };
  assert.equal((await readInstanceStatus(away, record.encode({ instance_id: 1 }))).kind, "unreadable");
});
