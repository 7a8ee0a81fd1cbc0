import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  eventHeaders,
  parseEventHeaders,
  parseRequestHeaders,
  partitionBytes,
  replyHeaders,
  requestHeaders,
} from "../../../src/kafka/records/headers.ts";
import type { RecordHeaders } from "../../../src/model/record.ts";

/** As kafkajs hands them over: always bytes. */
const onTheWire = (headers: Readonly<Record<string, string | Buffer>>): RecordHeaders =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]));

const word = fc.string({ unit: "binary", minLength: 1 }).filter((text) => !text.startsWith('"'));
const event = fc.record({
  id: word,
  type: word,
  source: word,
  time: word,
  subject: fc.option(word, { nil: null }),
  traceparent: fc.option(word, { nil: undefined }),
});
const request = fc.record({
  correlationId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
  replyTopic: word,
  replyPartition: fc.nat(),
  operationId: word,
  attempt: fc.integer({ min: 1, max: 2 ** 31 }),
  deadlineMs: fc.maxSafeNat(),
  budgetMs: fc.nat(),
  baseVersion: fc.option(word, { nil: undefined }),
});

test("an event's headers are read back as they were built", () => {
  fc.assert(
    fc.property(event, (values) => {
      const { subject, ...rest } = values;
      assert.deepEqual(parseEventHeaders(onTheWire(eventHeaders(values))), { ...rest, subject: subject ?? undefined });
    }),
  );
});

test("a request's headers are read back as they were built", () => {
  fc.assert(
    fc.property(event, request, (about, values) => {
      const parsed = parseRequestHeaders(onTheWire(requestHeaders({ ...about, ...values })));
      assert.deepEqual(parsed, { ...values, problems: [] });
    }),
  );
});

test("whatever the headers hold, reading them does not throw", () => {
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    fc.string(),
    fc.array(fc.string(), { maxLength: 3 }),
    fc.constant(undefined),
  );
  const names = [
    "ce_type",
    "ce_id",
    "ce_time",
    "kafka_correlationId",
    "kafka_replyPartition",
    "operation_id",
    "attempt",
    "deadline_ms",
    "budget_ms",
  ];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names, "other"), value), (headers) => {
      parseEventHeaders(headers);
      const { attempt, replyPartition } = parseRequestHeaders(headers);
      assert.ok(Number.isSafeInteger(attempt) && attempt >= 1);
      assert.ok(replyPartition === undefined || (Number.isSafeInteger(replyPartition) && replyPartition >= 0));
    }),
    { numRuns: 1000 },
  );
});

test("of a header that stands twice the last counts: it is Spring's own", () => {
  const headers = {
    kafka_correlationId: [Buffer.from("first"), Buffer.from("last")],
    ce_type: [Buffer.from("a"), "b"],
  };
  assert.equal(parseRequestHeaders(headers).correlationId?.toString(), "last");
  assert.equal(parseEventHeaders(headers).type, "b");
});

test("JSON quotes come off ce_id, ce_time and operation_id, and stay on everything else", () => {
  const quoted = Buffer.from('"2026-01-01T00:00:00.123456789Z"');
  const headers = { ce_id: quoted, ce_time: quoted, operation_id: quoted, ce_source: quoted, ce_subject: quoted };
  const bare = "2026-01-01T00:00:00.123456789Z";
  const parsed = parseEventHeaders(headers);
  assert.deepEqual([parsed.id, parsed.time, parseRequestHeaders(headers).operationId], [bare, bare, bare]);
  assert.deepEqual([parsed.source, parsed.subject], [`"${bare}"`, `"${bare}"`]);
  assert.equal(parseEventHeaders({ ce_id: '"a\\u0062c"' }).id, "abc");
  assert.equal(parseEventHeaders({ ce_id: '"not \\json"' }).id, "not \\json");
  assert.equal(parseEventHeaders({ ce_id: '"' }).id, '"');
  assert.equal(parseEventHeaders({ ce_id: '""' }).id, undefined);
});

suite("kafka_replyPartition is 4 bytes big-endian when the first is 0, else decimal text", () => {
  const rows: readonly (readonly [string, Buffer | string, number | undefined])[] = [
    ["4 bytes", Buffer.from([0, 0, 1, 2]), 258],
    ["one digit", "7", 7],
    ["4 digits", "1234", 1234],
    ["5 bytes of which the first is 0", Buffer.from([0, 0, 0, 0, 1]), undefined],
    ["4 bytes of which the first is not 0", Buffer.from([1, 0, 0, 0]), undefined],
    ["a negative number", "-1", undefined],
    ["no bytes", Buffer.alloc(0), undefined],
  ];
  for (const [what, value, expected] of rows) {
    test(what, () => {
      const parsed = parseRequestHeaders({ kafka_replyPartition: value });
      assert.equal(parsed.replyPartition, expected);
      assert.equal(parsed.problems.length, expected === undefined ? 1 : 0);
    });
  }
  test("every partition is read as it was written", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 31 - 1 }), (partition) => {
        assert.equal(
          parseRequestHeaders({ kafka_replyPartition: partitionBytes(partition) }).replyPartition,
          partition,
        );
      }),
    );
  });
});

suite("what is absent has a meaning", () => {
  test("operation_id: ce_id, else the correlation id in hex, else none", () => {
    const correlation = { kafka_correlationId: Buffer.from([0xab, 0x01]) };
    assert.equal(parseRequestHeaders({ ...correlation, ce_id: '"e1"' }).operationId, "e1");
    assert.equal(parseRequestHeaders(correlation).operationId, "ab01");
    assert.equal(parseRequestHeaders({}).operationId, undefined);
  });
  test("attempt: 1", () => assert.equal(parseRequestHeaders({}).attempt, 1));
  test("everything else: undefined, and that is no problem", () => {
    const parsed = parseRequestHeaders({});
    assert.deepEqual(
      Object.entries(parsed).filter(([, value]) => value !== undefined),
      [
        ["attempt", 1],
        ["problems", []],
      ],
    );
  });
});

test("malformed optional numbers are treated as absent and told by name, without their text", () => {
  const headers = { attempt: "0", deadline_ms: "soon", budget_ms: "1e3", base_version: "7" };
  const { attempt, deadlineMs, budgetMs, problems } = parseRequestHeaders(headers);
  assert.deepEqual([attempt, deadlineMs, budgetMs], [1, undefined, undefined]);
  assert.deepEqual(problems, [
    "attempt is not a whole number from 1 on",
    "deadline_ms is not a whole number from 0 on",
    "budget_ms is not a whole number from 0 on",
  ]);
});

test("a reply carries the correlation id byte for byte, and nothing else", () => {
  const correlationId = Buffer.from([0, 255, 10]);
  assert.deepEqual(replyHeaders(correlationId), { kafka_correlationId: correlationId });
});
