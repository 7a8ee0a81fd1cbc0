import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createAvroRecord } from "../../../src/kafka/codec/avro-record.ts";
import { openExecutionWriter, readExecution } from "../../../src/kafka/records/execution-codec.ts";
import { executionSchema, subjectOf } from "../../../src/kafka/registry/schemas.ts";
import type { Execution } from "../../../src/model/execution.ts";

const record = createAvroRecord(4, executionSchema.text);
const registry = {
  recordBySchema(subject: string) {
    assert.equal(subject, subjectOf("p.executions", "Execution"));
    return Promise.resolve(record);
  },
  recordById: () => Promise.resolve({ kind: "record" as const, record }),
};
const text = fc.string({ unit: "binary" });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

const executions: fc.Arbitrary<Execution> = fc.record(
  {
    id: text,
    atMs: fc.integer({ min: 0, max: 4e12 }),
    instanceId: text,
    stage: fc.constantFrom("before", "after"),
    handler: text,
    group: orNull(text),
    eventId: text,
    objectId: orNull(text),
    clientKey: orNull(text),
    operationId: orNull(text),
    deliveryId: text,
    attempt: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    sequence: text,
    outcome: text,
    ms: fc.nat(),
    status: orNull(fc.integer({ min: -1, max: 599 })),
    detail: orNull(text),
    sent: orNull(text),
    sentCut: fc.boolean(),
    answered: orNull(text),
    answeredCut: fc.boolean(),
    disposition: orNull(text),
    retryInMs: orNull(fc.nat()),
    delayMs: orNull(fc.nat()),
  },
  { noNullPrototype: true },
);

test("property: an execution comes back from the wire as it went", async () => {
  const writer = await openExecutionWriter(registry, "p.executions");
  await fc.assert(
    fc.asyncProperty(executions, async (execution) => {
      const { atMs, ...rest } = execution;
      const reading = await readExecution(registry, writer.encode(execution));
      assert.ok(reading.kind === "execution");
      assert.deepEqual(reading.execution, { ...rest, at: new Date(atMs).toISOString() });
    }),
  );
});

test("times that are no whole milliseconds are written as such", async () => {
  const writer = await openExecutionWriter(registry, "p.executions");
  const [sample] = fc.sample(executions, 1);
  assert.ok(sample);
  const reading = await readExecution(registry, writer.encode({ ...sample, ms: 1.6, retryInMs: 2.5, delayMs: 0.2 }));
  assert.ok(reading.kind === "execution");
  assert.deepEqual([reading.execution.ms, reading.execution.retryInMs, reading.execution.delayMs], [2, 3, 0]);
});

test("texts of any length and alphabet come back; half a character is replaced", async () => {
  const writer = await openExecutionWriter(registry, "p.executions");
  const [sample] = fc.sample(executions, 1);
  assert.ok(sample);
  const alphabets = ["a", "\u007f", "ä", "\u2028", "😀"];
  for (const sent of alphabets.flatMap((one) => [63, 64, 65, 20_000, 700_000].map((length) => one.repeat(length)))) {
    const reading = await readExecution(registry, writer.encode({ ...sample, sent, answered: `${sent}\ud800` }));
    assert.ok(reading.kind === "execution");
    assert.ok(reading.execution.sent === sent && reading.execution.answered === `${sent}\ufffd`);
  }
});

test("a number that is none is refused, and the next entry is whole", async () => {
  const writer = await openExecutionWriter(registry, "p.executions");
  const [sample] = fc.sample(executions, 1);
  assert.ok(sample);
  for (const ms of [NaN, Infinity, 1e300]) assert.throws(() => writer.encode({ ...sample, ms }), RangeError);
  assert.equal((await readExecution(registry, writer.encode(sample))).kind, "execution");
});
