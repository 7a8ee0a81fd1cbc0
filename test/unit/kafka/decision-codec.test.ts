import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createAvroRecord } from "../../../src/kafka/codec/avro-record.ts";
import { openDecisionWriter, readDecision } from "../../../src/kafka/records/decision-codec.ts";
import { decisionSchema, subjectOf } from "../../../src/kafka/registry/schemas.ts";
import type { DecisionRecord } from "../../../src/model/decision.ts";
import { failureKinds } from "../../../src/model/failure.ts";

const record = createAvroRecord(4, decisionSchema.text);
const registry = {
  recordBySchema(subject: string) {
    assert.equal(subject, subjectOf("p.decisions", "Decision"));
    return Promise.resolve(record);
  },
  recordById: () => Promise.resolve({ kind: "record" as const, record }),
};
const text = fc.string({ unit: "binary" });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const epochMs = fc.integer({ min: 0, max: 4e12 });

const decisions: fc.Arbitrary<DecisionRecord> = fc.record(
  {
    operationId: text,
    attempt: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    eventId: orNull(text),
    objectId: orNull(text),
    clientKey: orNull(text),
    baseVersion: orNull(text),
    dataHash: text,
    sequence: text,
    instanceId: text,
    decision: fc.constantFrom("allow", "forbid", "undecided"),
    decidedBy: fc.constantFrom("handler", "failure-policy", "no-handler", "overload"),
    handler: orNull(text),
    reason: orNull(fc.record({ code: text, message: text })),
    handlers: fc.array(fc.record({ id: text, outcome: text, ms: fc.nat() })),
    changes: fc.array(fc.record({ path: text, from: orNull(text), to: text, handler: text })),
    failures: fc.array(
      fc.record({
        ...{ handler: text, kind: fc.constantFrom(...failureKinds), detail: text },
        ...{ status: orNull(fc.integer({ min: 100, max: 599 })), exit: orNull(fc.integer({ min: 0, max: 255 })) },
      }),
    ),
    warnings: fc.array(text),
    end: fc.constantFrom("replied", "replied-by-key", "reply-failed"),
    askedAtMs: epochMs,
    receivedAtMs: epochMs,
    readMs: orNull(fc.nat()),
    decidedMs: fc.nat(),
    repliedMs: orNull(fc.nat()),
  },
  { noNullPrototype: true },
);

test("property: a decision comes back from the wire as it went", async () => {
  const writer = await openDecisionWriter(registry, "p.decisions");
  await fc.assert(
    fc.asyncProperty(decisions, async (decision) => {
      const { askedAtMs, receivedAtMs, ...rest } = decision;
      const askedAt = new Date(askedAtMs).toISOString();
      const receivedAt = new Date(receivedAtMs).toISOString();
      const reading = await readDecision(registry, writer.encode(decision));
      assert.deepEqual(plain(reading), plain({ kind: "decision", decision: { ...rest, askedAt, receivedAt } }));
    }),
  );
});

test("a timestamp that is no date, and fractions of a millisecond, are written nevertheless", async () => {
  const writer = await openDecisionWriter(registry, "p.decisions");
  const [decision] = fc.sample(decisions, 1);
  assert.ok(decision);
  const value = writer.encode({ ...decision, askedAtMs: 9e18, readMs: 1.4, decidedMs: 2.6, repliedMs: null });
  const reading = await readDecision(registry, value);
  assert.equal(reading.kind, "decision");
  const { askedAt, readMs, decidedMs, repliedMs } = reading.decision;
  assert.deepEqual([askedAt, readMs, decidedMs, repliedMs], ["1970-01-01T00:00:00.000Z", 1, 3, null]);
});

test("a decision of an older version, without the optional fields, is read with their defaults", async () => {
  const older = JSON.parse(decisionSchema.text) as { fields: { name: string; default?: unknown }[] };
  older.fields = older.fields.filter((field) => !("default" in field));
  const old = createAvroRecord(5, JSON.stringify(older));
  const value = old.encode({
    ...{ operation_id: "o", data_hash: "h", sequence: "s", instance_id: "i", decision: "later", decided_by: "oracle" },
    ...{ end: "replied", asked_at: "a", received_at: "r", decided_ms: 7 },
  });
  const reading = await readDecision({ recordById: () => Promise.resolve({ kind: "record", record: old }) }, value);
  assert.equal(reading.kind, "decision");
  const { attempt, decision, failures, handlers, objectId, readMs, decidedMs } = reading.decision;
  assert.deepEqual(
    [attempt, decision, failures, handlers, objectId, readMs, decidedMs],
    [1, "later", [], [], null, null, 7],
  );
});

test("what is no decision is unreadable", async () => {
  assert.equal((await readDecision(registry, Buffer.from("{}"))).kind, "unreadable");
});

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
