import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { renderBody } from "../../../src/model/body.ts";
import type { BridgeEvent } from "../../../src/model/event.ts";
import { exchangeOf } from "../../../src/tasks/exchange.ts";
import { sampleCall, sampleEvent, samplePassword } from "../../support/tasks.ts";

function exchange(answer: string | Buffer, { limit = 4096, complete = true, event = sampleEvent } = {}) {
  const answered = { bytes: Buffer.from(answer), complete, status: 200 };
  return exchangeOf(sampleCall(1000, { event }), renderBody(event, "string"), answered, limit);
}

const withPassword = (password: string | null): BridgeEvent => ({
  ...sampleEvent,
  data: { ...sampleEvent.data, password },
});

test("both bodies are kept as they were, but for secrets", () => {
  const { sent, ...rest } = exchange(`{"seen":${JSON.stringify(samplePassword)}}`);
  assert.match(sent ?? "", /"data":\{"id":12,"name":"n","password":"\*\*\*"\}\}$/);
  assert.deepEqual(rest, { sentCut: false, answered: '{"seen":"***"}', answeredCut: false, status: 200 });
});

test("a secret that only the answer holds is masked where it is named, and wherever the answer repeats it", () => {
  const { answered } = exchange('{"data":{"notes":"now n3w-one","password": "n3w-one" }, "again":"n3w-one"}');
  assert.equal(answered, '{"data":{"notes":"now ***","password": "***" }, "again":"***"}');
  assert.equal(exchange('{"notes":"n3w","password":"n3w"}', { limit: 13 }).answered, '{"notes":"***');
  assert.equal(exchange('{"password":null,"x":1}').answered, '{"password":null,"x":1}');
});

test("values under a secret name are masked in any form, and in a text that breaks off", () => {
  assert.equal(
    exchange('{"password":["a1b2",{"c":"d3e4"}],"x":"a1b2 d3e4"}').answered,
    '{"password":"***","x":"*** ***"}',
  );
  assert.equal(exchange('{"password":4711,"x":4711}').answered, '{"password":"***","x":***}');
  assert.equal(
    exchange('not json, "password": "half of i', { complete: false }).answered,
    'not json, "password": "***"',
  );
});

test("an answer that would take long to mask is not shown", () => {
  const many = Array.from({ length: 17 }, (_, at) => `"password":"value-${at}"`).join(",");
  assert.match(exchange(`{${many}}`).answered ?? "", /^\(not shown/);
  assert.match(exchange(`{"password":"${"x".repeat(600)}"}`).answered ?? "", /^\(not shown/);
});

test("a body is cut at its bound of bytes, between characters", () => {
  const { answered, answeredCut, sent, sentCut } = exchange("ääääää", { limit: 5 });
  assert.deepEqual([answered, answeredCut, sent, sentCut], ["ää", true, '{"eve', true]);
  assert.deepEqual(exchange("abc", { limit: 3 }).answeredCut, false);
  assert.deepEqual(exchange("abc", { complete: false }).answeredCut, true);
});

test("no bodies are kept at a bound of 0; the status is", () => {
  assert.deepEqual(exchange("abc", { limit: 0 }), {
    ...{ sent: null, sentCut: false, answered: null, answeredCut: false, status: 200 },
  });
});

test("property: no secret stands in an exchange, wherever it is cut and however a handler writes it", () => {
  const secret = fc
    .string({ unit: "grapheme", minLength: 4, maxLength: 24 })
    .filter((text) => !/^[*"\\\s]+$/.test(text));
  const form = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => JSON.stringify(text),
    (text) =>
      JSON.stringify(text).replaceAll(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
    (text) => encodeURIComponent(text.toWellFormed()),
    (text) => `{"password":${JSON.stringify(text)}}`,
  );
  fc.assert(
    fc.property(
      secret,
      fc.array(fc.tuple(fc.string({ maxLength: 6 }), form), { maxLength: 4 }),
      fc.integer({ min: 1, max: 400 }),
      fc.boolean(),
      (value, parts, limit, isNew) => {
        const named = isNew ? `{"password":${JSON.stringify(value)}} ` : "";
        const answer = named + parts.map(([around, write]) => around + write(value)).join(" ");
        // A word of every body, such as a field's name, tells nothing where it stands in one.
        fc.pre(!renderBody(withPassword(null), "string").includes(value));
        const kept = exchange(answer, { limit, event: withPassword(isNew ? null : value) });
        for (const text of [kept.sent, kept.answered]) {
          // What masking itself writes is no leak.
          const shown = (text ?? "").replaceAll("***", "\u0000");
          assert.ok(!shown.includes(value), `${shown} holds ${value}`);
          assert.ok(!shown.includes(JSON.stringify(value).slice(1, -1)));
          assert.ok(Buffer.byteLength(text ?? "") <= limit * 3 + 3);
        }
      },
    ),
  );
});
