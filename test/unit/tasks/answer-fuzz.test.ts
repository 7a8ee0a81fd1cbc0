import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Json, JsonNumber, type JsonObject } from "../../../src/model/answer.ts";
import type { BodyEvent } from "../../../src/model/body.ts";
import { readAnswer, readScriptReason } from "../../../src/tasks/answer.ts";

/** Whatever bytes a handler answers: an answer is read out of them only if any reader of JSON would find it there. */

const sent: BodyEvent = { dt: "2026-01-01T00:00:00+00:00", events_id: "clients.update", object_id: 12 };

const good: readonly string[] = [
  '{"decision":"allow"}',
  '{"decision":"allow","data":{"name":"n","credit":10.50,"tags":["a",{"b":null}]}}',
  '{"decision":"forbid","reason":{"code":"c","message":"m"},"data":{"x":1}}',
  '{"decision":"forbid","reason":"no"}',
  `{"event":${JSON.stringify(sent)},"data":{"name":"n","big":9007199254740993}}`,
];

const pieces = [
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "\\",
  "\\u0064",
  "0",
  "1e5",
  "-",
  "null",
  "\u0000",
  "\ufeff",
  "data",
];

/** A good answer, or one that was hit a few times: characters cut out, others put in. */
const damaged: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.constantFrom(...good),
    fc.array(fc.tuple(fc.nat(), fc.nat(4), fc.constantFrom("", ...pieces)), { maxLength: 3 }),
  )
  .map(([text, hits]) =>
    Buffer.from(
      hits.reduce((hit, [at, cut, put]) => {
        const place = at % (hit.length + 1);
        return hit.slice(0, place) + put + hit.slice(place + cut);
      }, text),
    ),
  );

const keys = fc.constantFrom("decision", "data", "reason", "event", "code", "message", "name", "__proto__", "toString");
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<unknown>("allow", "forbid", null, true, 1, "x", sent, sent.dt, 12),
    fc.array(tie("tree"), { maxLength: 2 }),
    fc.dictionary(keys, tie("tree"), { maxKeys: 4 }),
  ),
}));

const bytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: damaged },
  { weight: 4, arbitrary: fc.dictionary(keys, tree, { maxKeys: 4 }).map((json) => Buffer.from(JSON.stringify(json))) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
);

test("property: an answer is read only from bytes in which every reader of JSON finds the same one", () => {
  let answers = 0;
  fc.assert(
    fc.property(bytes, (body) => {
      const reading = readAnswer(body, sent);
      if (reading.kind === "bad") {
        assert.ok(reading.detail.length > 0 && reading.detail.length < 200);
        return;
      }
      answers++;
      const parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as Record<string, unknown>;
      const { answer } = reading;
      if (answer.decision === "forbid") {
        assert.equal(parsed["decision"], "forbid");
        assert.ok(answer.reason.code.length <= 64 && answer.reason.message.length <= 1000);
        assert.ok(answer.reason.code !== "" && answer.reason.message.isWellFormed());
        return;
      }
      const isEcho = parsed["decision"] === undefined;
      if (isEcho) assert.deepEqual(parsed["event"], sent);
      else assert.equal(parsed["decision"], "allow");
      assert.deepEqual(answer.patch === null ? null : plain(answer.patch), parsed["data"] ?? null);
    }),
    { numRuns: 6000 },
  );
  assert.ok(answers > 200, `only ${answers} were answers: the property proves little`);
});

test("property: a number keeps each of its digits, wherever it stands", () => {
  const number = fc
    .tuple(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      fc.constantFrom("", ".0", ".10", ".000000000000000001", "e3", "E-12"),
    )
    .map(([whole, rest]) => `${whole}${rest}`);
  fc.assert(
    fc.property(number, number, (credit, inner) => {
      const reading = readAnswer(Buffer.from(`{"decision":"allow","data":{"a":${credit},"b":[${inner}]}}`), sent);
      assert.ok(reading.kind === "answer" && reading.answer.decision === "allow");
      assert.deepEqual(reading.answer.patch?.["a"], new JsonNumber(credit));
      assert.deepEqual(reading.answer.patch["b"], [new JsonNumber(inner)]);
    }),
  );
});

test("property: what a script says at exit 10 becomes a bounded, well-formed reason, whatever its bytes", () => {
  fc.assert(
    fc.property(fc.oneof(bytes, fc.uint8Array({ minLength: 1500, maxLength: 1600 })), (stdout) => {
      const { code, message } = readScriptReason(stdout);
      assert.ok(code.length >= 1 && code.length <= 64 && message.length <= 1000);
      assert.ok(code.isWellFormed() && message.isWellFormed());
    }),
    { numRuns: 1000 },
  );
});

/** As JSON.parse would have it: numbers as floats, objects with a prototype. */
function plain(json: Json): unknown {
  if (json instanceof JsonNumber) return Number(json.source);
  if (Array.isArray(json)) return (json as readonly Json[]).map(plain);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json as JsonObject).map(([key, item]) => [key, plain(item)]));
}
