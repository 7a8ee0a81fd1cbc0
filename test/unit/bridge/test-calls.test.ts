import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Value } from "typebox/value";
import { TestResult } from "../../../src/admin/contract/handlers.ts";
import { createHandlerTests } from "../../../src/bridge/admin/handler-tests.ts";
import { definitionReader } from "../../../src/bridge/load-handlers.ts";
import { loadSettings } from "../../../src/config/settings.ts";
import { systemClock } from "../../../src/model/clock.ts";
import type { HandlerDefinition } from "../../../src/model/handler-log.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import { asked, told } from "../../support/handlers.ts";
import { answer, Sink } from "../../support/sink.ts";

/** Real calls of real handlers, of which nothing comes. */

process.env["TEST_CALL_SECRET"] = "whsec_dGVzdC1jYWxsLXNlY3JldA==";
const settings = loadSettings({ EGRESS_ALLOW: "127.0.0.0/8" }, ["before", "handlers"]);
const read = definitionReader(settings);
let sink: Sink;

before(async () => {
  sink = await Sink.open();
});
after(() => sink.close());

function tests(sent: string | null = null) {
  const execution = () => Promise.resolve(sent === null ? null : ({ sent } as never));
  return createHandlerTests({ settings, read, executions: { execution }, clock: systemClock, logger: silentLogger });
}

const guard = (more: object = {}) =>
  asked({
    id: "guard",
    events: ["clients.update"],
    url: sink.url("/guard"),
    mayChange: ["name"],
    // What it answers matters here, and not how soon: the first call of a process on a busy machine takes its time.
    timeoutMs: 2000,
    ...more,
  }) as HandlerDefinition;

test("what a handler would change is shown by field, after all that changes must pass", async () => {
  sink.on("/guard", () => answer({ decision: "allow", data: { name: "Tidy" } }));
  const result = await tests().test(guard(), { event: "clients.update" });
  assert.ok(Value.Check(TestResult, result));
  assert.equal(result.outcome, "allow");
  assert.deepEqual(result.changes, [{ path: "name", from: '"Example Telecom Ltd"', to: '"Tidy"' }]);
  const [call] = sink.at("/guard");
  assert.equal(call?.text, result.request);
  assert.equal(call.headers["bridge-test"], "true");
  assert.equal(result.headers["bridge-test"], "true");
  for (const [name, value] of Object.entries(result.headers)) assert.equal(call.headers[name], value, name);
});

test("a change that it may not make is what it would be: not permitted, with what its policy decides", async () => {
  sink.on("/guard", () => answer({ decision: "allow", data: { credit: "1" } }));
  const { outcome, detail, changes, answer: came } = await tests().test(guard(), { event: "clients.update" });
  assert.equal(outcome, "not-permitted");
  assert.match(detail ?? "", /its onFailure would allow/);
  assert.deepEqual(changes, []);
  assert.equal(came, '{"decision":"allow","data":{"credit":"1"}}');
});

test("given data is sent as it was given, and one that does not fit is refused by field", async () => {
  sink.on("/guard", () => answer({ decision: "forbid", reason: { code: "no", message: "not this one" } }));
  const { outcome, detail, request } = await tests().test(guard(), {
    event: "clients.update",
    data: { id: 5, credit: "7.50" },
  });
  assert.deepEqual([outcome, detail], ["forbid", "no: not this one"]);
  assert.match(request, /"data":\{"id":5,"credit":"7\.5"\}/);
  await assert.rejects(tests().test(guard(), { event: "clients.update", data: { id: 5, crdit: "7" } }), {
    code: "DATA_INVALID",
    message: /crdit/,
  });
});

test("recorded data is sent again, and what is secret is masked wherever it is shown", async () => {
  const events = ["clients.accounts.create"];
  const crm = told({ id: "crm", events, task: { http: { url: sink.url("/crm"), secretRef: "env:TEST_CALL_SECRET" } } });
  sink.on("/crm", ({ body }) => answer({ echoed: body.data["password"] }));
  const recorded =
    '{"event":{},"data":{"id":40,"clients_id":12,"name":"t","auth_type":"name","accname":"a","password":"pa55w0rd"}}';
  const result = await tests(recorded).test(crm as HandlerDefinition, {
    event: "clients.accounts.create",
    execution: "e-1",
  });
  assert.equal(result.outcome, "delivered");
  assert.match(sink.at("/crm")[0]?.text ?? "", /pa55w0rd/);
  assert.doesNotMatch(JSON.stringify(result), /pa55w0rd/);
  assert.equal(result.headers["webhook-signature"], "***");
  assert.match(String(sink.at("/crm")[0]?.headers["webhook-signature"]), /^v1,/);
  const cut = tests(recorded.slice(0, 60)).test(crm as HandlerDefinition, {
    event: "clients.accounts.create",
    execution: "e-1",
  });
  await assert.rejects(cut, { code: "DATA_INVALID", message: /cut off/ });
});

test("a handler whose condition the data does not meet is not called, and one that fails says what would follow", async () => {
  const calls = sink.calls.length;
  const when = 'data.name == "nobody"';
  const { outcome, request } = await tests().test(guard({ when }), { event: "clients.update" });
  assert.deepEqual([outcome, request, sink.calls.length], ["no-match", "", calls]);
  sink.on("/crm", () => ({ status: 422 }));
  const crm = told({ id: "crm", events: ["clients.update"], url: sink.url("/crm") }) as HandlerDefinition;
  const failed = await tests().test(crm, { event: "clients.update" });
  assert.deepEqual([failed.outcome, failed.detail], ["status", "status 422 (it would become a dead letter)"]);
});

test("what cannot be called is refused, and only few calls are under way at once", async () => {
  const elsewhere = { ...guard(), task: { http: { url: "http://10.1.2.3/" } } };
  await assert.rejects(tests().test(elsewhere, { event: "clients.update" }), { code: "HANDLERS_INVALID" });
  await assert.rejects(tests().test(guard(), { event: "clients.delete" }), { code: "USAGE" });
  await assert.rejects(tests().test(guard(), { event: "no.such" }), { code: "UNKNOWN_EVENT" });
  sink.on("/guard", () => "hang");
  const port = tests();
  const hanging = Array.from({ length: 4 }, () => port.test(guard(), { event: "clients.update" }));
  await assert.rejects(port.test(guard(), { event: "clients.update" }), { code: "QUEUE_FULL" });
  assert.deepEqual(
    (await Promise.all(hanging)).map(({ outcome }) => outcome),
    Array(4).fill("timeout"),
  );
});
