import assert from "node:assert/strict";
import { test } from "node:test";
import { JsonNumber } from "../../../src/model/answer.ts";
import type { BodyEvent } from "../../../src/model/body.ts";
import { readAnswer, readScriptReason } from "../../../src/tasks/answer.ts";

const sent: BodyEvent = { dt: "2026-01-01T00:00:00+00:00", events_id: "clients.update", object_id: 12 };

function read(text: string, event = sent): ReturnType<typeof readAnswer> {
  return readAnswer(Buffer.from(text), event);
}

function bad(text: string, event = sent): string {
  const reading = read(text, event);
  assert.ok(reading.kind === "bad", `taken as an answer: ${text}`);
  return reading.detail;
}

function patchOf(text: string, event = sent): string {
  const reading = read(text, event);
  assert.ok(reading.kind === "answer" && reading.answer.decision === "allow", JSON.stringify(reading));
  return JSON.stringify(reading.answer.patch, (_key, value: unknown) =>
    value instanceof JsonNumber ? `number ${value.source}` : value,
  );
}

test("an allow may bring data, which is kept with its numbers as text", () => {
  assert.equal(patchOf('{"decision":"allow"}'), "null");
  assert.equal(patchOf('{"decision":"allow","data":null}'), "null");
  assert.equal(
    patchOf('{"decision":"allow","data":{"credit":10.50,"name":null}}'),
    '{"credit":"number 10.50","name":null}',
  );
});

test("members beside the documented ones are ignored", () => {
  assert.equal(patchOf('{"decision":"allow","trace":"x","took_ms":3}'), "null");
});

test("a forbid stands whatever its reason looks like, and its data is dropped", () => {
  const reasons: readonly [string, { code: string; message: string }][] = [
    ['"reason":{"code":"credit","message":"too high"}', { code: "credit", message: "too high" }],
    ['"reason":{"code":7,"message":"seven"},"data":{"x":1}', { code: "7", message: "seven" }],
    ['"reason":"no"', { code: "forbidden", message: "no" }],
    ['"reason":{"message":"no code"}', { code: "forbidden", message: "no code" }],
    ['"reason":[1]', { code: "forbidden", message: "" }],
    ['"x":1', { code: "forbidden", message: "" }],
  ];
  for (const [members, reason] of reasons) {
    assert.deepEqual(read(`{"decision":"forbid",${members}}`), {
      kind: "answer",
      answer: { decision: "forbid", reason },
    });
  }
});

test("a reason is bounded and stays well-formed text", () => {
  const reading = read(
    JSON.stringify({ decision: "forbid", reason: { code: "c".repeat(500), message: `${"m".repeat(998)}😀😀` } }),
  );
  assert.ok(reading.kind === "answer" && reading.answer.decision === "forbid");
  assert.equal(reading.answer.reason.code.length, 64);
  assert.equal(reading.answer.reason.message.length, 1000);
  assert.ok(reading.answer.reason.message.isWellFormed());
});

test("an echo allows with the data it brings", () => {
  const event = JSON.stringify(sent);
  assert.equal(patchOf(`{"event":${event},"data":{"name":"n"}}`), '{"name":"n"}');
  assert.equal(patchOf(`{"data":{},"event":${event},"more":1}`), "{}");
});

test("an echo's object id may come back as text, and is null before a create", () => {
  const echo = (id: string) =>
    `{"event":{"dt":"${sent.dt}","events_id":"${sent.events_id}","object_id":${id}},"data":{}}`;
  assert.equal(patchOf(echo('"12"')), "{}");
  assert.equal(patchOf(echo("null"), { ...sent, object_id: null }), "{}");
  assert.match(bad(echo("13")), /differs/);
  assert.match(bad(echo("null")), /differs/);
  assert.match(bad(echo("12"), { ...sent, object_id: null }), /differs/);
  assert.match(bad(echo("[]"), { ...sent, object_id: null }), /differs/);
});

test("an echo whose event was changed is a bad answer", () => {
  for (const event of [
    { ...sent, dt: "2026-01-01T00:00:01+00:00" },
    { ...sent, events_id: "clients.create" },
    { ...sent, more: 1 },
    { dt: sent.dt, events_id: sent.events_id },
  ]) {
    assert.match(bad(JSON.stringify({ event, data: {} })), /differs/);
  }
});

test("anything else is a bad answer", () => {
  const wrong = [
    "",
    "{}",
    "[]",
    "null",
    '"allow"',
    "true",
    "OK",
    "<html></html>",
    '{"decision":"Allow"}',
    '{"decision":null}',
  ];
  wrong.push('{"decision":true}', '{"decision":"allow","data":[]}', '{"decision":"allow","data":"x"}', '{"data":{}}');
  wrong.push('{"decision":"allow","decision":"forbid"}', `{"event":${JSON.stringify(sent)}}`, '{"event":1,"data":{}}');
  wrong.push(`{"event":${JSON.stringify(sent)},"data":null}`, '{"decision":"allow"}{"decision":"allow"}');
  for (const text of wrong) bad(text);
});

test("a bad answer says what was expected and what was found", () => {
  assert.equal(bad("OK"), 'expected a JSON value, found "O" (at character 1)');
  assert.equal(bad("[]"), "expected a JSON object, found a list");
  assert.equal(bad('{"decision":"allow","data":"hunter2"}'), "data: expected an object, found a text");
  assert.equal(bad('{"decision":"Allow"}'), 'decision: expected "allow" or "forbid", found another text');
  assert.equal(bad('{"decision":7}'), 'decision: expected "allow" or "forbid", found a number');
  assert.equal(bad('{"event":1,"data":{}}'), "event of an echo: expected an object, found a number");
});

test("a script's reason may be plain text, a reason or a whole answer", () => {
  const reason = (text: string) => readScriptReason(Buffer.from(text));
  assert.deepEqual(reason("credit too high\n"), { code: "forbidden", message: "credit too high" });
  assert.deepEqual(reason('{"code":"c","message":"m"}'), { code: "c", message: "m" });
  assert.deepEqual(reason('{"decision":"forbid","reason":{"code":"c","message":"m"}}'), { code: "c", message: "m" });
  assert.deepEqual(reason(""), { code: "forbidden", message: "" });
  assert.deepEqual(readScriptReason(Buffer.from([0x6e, 0xff])), { code: "forbidden", message: "n\ufffd" });
});
