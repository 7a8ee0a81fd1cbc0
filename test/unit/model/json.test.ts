import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Json, JsonNumber } from "../../../src/model/answer.ts";
import { readJson, readJsonText } from "../../../src/model/json.ts";

function value(text: string): Json {
  const reading = readJsonText(text);
  assert.ok(reading.kind === "json", `refused: ${JSON.stringify(reading)}`);
  return reading.value;
}

function refusal(text: string): string {
  const reading = readJsonText(text);
  assert.ok(reading.kind === "refused", `read: ${text}`);
  return reading.detail;
}

/** What JSON.parse would have made of it. */
function plain(json: Json): unknown {
  if (json instanceof JsonNumber) return Number(json.source);
  if (Array.isArray(json)) return (json as readonly Json[]).map(plain);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json as Record<string, Json>).map(([key, item]) => [key, plain(item)]));
}

test("a number keeps its source text, however many digits it has", () => {
  assert.deepEqual(value("[1.10, -0, 12345678901234567890.5, 1E+2]"), [
    new JsonNumber("1.10"),
    new JsonNumber("-0"),
    new JsonNumber("12345678901234567890.5"),
    new JsonNumber("1E+2"),
  ]);
});

test("a refusal says what was expected, and of what was found one character at most", () => {
  assert.equal(refusal("OK, hunter2"), 'expected a JSON value, found "O" (at character 1)');
  assert.equal(refusal(""), "expected a JSON value, found the end of the text (at character 1)");
  assert.equal(refusal('{"a" 1}'), 'expected :, found "1" (at character 6)');
  assert.equal(refusal("{a:1}"), 'expected a key in double quotes, found "a" (at character 2)');
  assert.equal(refusal("[1"), "expected ], found the end of the text (at character 3)");
});

test("a key that stands twice is refused, also when it is written in two ways", () => {
  assert.match(refusal('{"a":1,"b":{"c":1,"c":2}}'), /twice/);
  assert.match(refusal('{"a":1,"\\u0061":2}'), /twice/);
  assert.deepEqual(plain(value('{"a":{"x":1},"b":{"x":1}}')), { a: { x: 1 }, b: { x: 1 } });
});

test("keys that reach into a prototype are refused, in any notation", () => {
  assert.match(refusal('{"__proto__":{}}'), /__proto__/);
  assert.match(refusal('{"a":[{"\\u005f_proto__":1}]}'), /__proto__/);
  assert.match(refusal('{"constructor":1}'), /constructor/);
});

test("objects have no prototype, so that no inherited name looks like a member", () => {
  const object = value('{"toString":1}') as Record<string, Json>;
  assert.equal(Object.getPrototypeOf(object), null);
  assert.ok(!("valueOf" in object));
});

test("nesting of 32 is read and of 33 refused", () => {
  assert.deepEqual(JSON.stringify(value("[".repeat(32) + "]".repeat(32))), "[".repeat(32) + "]".repeat(32));
  assert.match(refusal("[".repeat(33) + "]".repeat(33)), /deeper than 32/);
  assert.match(refusal("[".repeat(200_000)), /deeper than 32/);
});

test("numbers that would be ruinous to expand are refused", () => {
  assert.match(refusal("1e999999999"), /out of range/);
  assert.match(refusal("1e-401"), /out of range/);
  assert.match(refusal(`1${"0".repeat(200)}`), /too long/);
});

test("bytes that are not UTF-8 are refused, a byte order mark is not", () => {
  assert.deepEqual(readJson(Buffer.from([0x22, 0xff, 0x22])), { kind: "refused", detail: "not valid UTF-8" });
  assert.deepEqual(readJson(Buffer.from([0xef, 0xbb, 0xbf, 0x22, 0x61, 0x22])), { kind: "json", value: "a" });
  assert.match(refusal('"\\ud800"'), /surrogate/);
});

test("what JSON.parse refuses is refused", () => {
  const wrong = ["", " ", "nul", "truex", "01", "1.", ".5", "+1", "1e", "NaN", "'a'", '"a', '"\\x"', '"\\u12"', '"\n"'];
  wrong.push(
    "[1,]",
    "[,1]",
    "[1 2]",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    "{a:1}",
    "{",
    "[",
    "1 1",
    "[1]]",
    "//",
    "\u00a01",
    "-",
  );
  for (const text of wrong) {
    assert.throws(() => JSON.parse(text), `JSON.parse reads ${text}`);
    refusal(text);
  }
});

/** Objects whose keys do not meet ours. */
const documents = fc
  .json({ maxDepth: 6, noUnicodeString: false })
  .filter((text) => !/__proto__|constructor/.test(text));

test("property: a document reads as JSON.parse reads it", () => {
  fc.assert(
    fc.property(documents, fc.constantFrom("", " ", "\n\t "), (text, space) => {
      const spaced = space === "" ? text : JSON.stringify(JSON.parse(text), null, space);
      const expected: unknown = JSON.parse(spaced);
      // A document may hold lone surrogates, which we refuse.
      const reading = readJsonText(spaced);
      if (reading.kind === "refused") assert.match(reading.detail, /surrogate|out of range|too long/);
      else assert.deepEqual(plain(reading.value), expected);
    }),
    { numRuns: 500 },
  );
});

test("property: a damaged document is refused by both readers or read alike", () => {
  const damage = fc.tuple(
    documents,
    fc.nat(),
    fc.constantFrom("", '"', "{", "}", "[", "]", ",", ":", "\\", "0", "e", "-", "\u0001"),
  );
  fc.assert(
    fc.property(damage, ([text, at, put]) => {
      const cut = at % (text.length + 1);
      const damaged = text.slice(0, cut) + put + text.slice(cut + 1);
      const reading = readJsonText(damaged);
      let parsed: unknown;
      try {
        parsed = JSON.parse(damaged);
      } catch {
        assert.equal(reading.kind, "refused", damaged);
        return;
      }
      if (reading.kind === "json") assert.deepEqual(plain(reading.value), parsed);
      else assert.match(reading.detail, /surrogate|out of range|too long|twice|not allowed/);
    }),
    { numRuns: 2000 },
  );
});
