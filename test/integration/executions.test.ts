import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readExecution, type StoredExecution } from "../../src/kafka/records/execution-codec.ts";
import type { BillingClient } from "../../src/sdk/client-options.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { asked, told } from "../support/handlers.ts";
import { answer, Sink } from "../support/sink.ts";

/** What each call of a handler leaves on the topic of executions, in both stages, and that nothing waits for it. */

const undo: (() => Promise<unknown>)[] = [];
let topics: FreshTopics;
let sink: Sink;
let core: BillingClient;

const password = "0ld-pa55word";
const account = { id: "clients.accounts.update", data: { id: 77, password }, clientId: 12 } as const;

before(async () => {
  sink = await Sink.open();
  undo.push(() => sink.close());
  topics = await FreshTopics.open();
  undo.push(() => topics.close());
  sink.on("/ask", () => answer({ decision: "allow", data: { password: "n3w-pa55word", notes: "now n3w-pa55word" } }));
  sink.on("/watch", () => answer({ decision: "forbid", reason: { code: "no", message: `not ${password}` } }));
  let tries = 0;
  sink.on("/told", ({ text }) => ({ status: tries++ === 0 ? 503 : 200, text: `had ${text}` }));
  core = await topics.core({ onSilence: "forbid" });
});

after(async () => {
  for (const step of undo.reverse()) await step();
});

const handlers = (): readonly object[] => [
  asked({ id: "ask", events: [account.id], url: sink.url("/ask"), mayChange: ["password", "notes"] }),
  asked({ id: "watch", events: [account.id], url: sink.url("/watch"), mode: "shadow" }),
  told({ id: "told", events: [account.id], url: sink.url("/told") }),
];

async function executions(count: number): Promise<readonly StoredExecution[]> {
  let found: StoredExecution[] = [];
  await eventually(`${count} executions`, async () => {
    found = [];
    for (const { key, value } of await topics.contents(topics.names.executions)) {
      assert.doesNotMatch(value?.toString("latin1") ?? "", /pa55word/);
      const reading = await readExecution(topics.registry, value ?? Buffer.alloc(0));
      assert.equal(reading.kind, "execution");
      assert.equal(key?.toString(), reading.execution.handler);
      found.push(reading.execution);
    }
    return found.length >= count;
  });
  return found.sort((left, right) => (left.id < right.id ? -1 : 1));
}

test("every call of a handler leaves one execution, of both stages and of a shadow, without a secret in it", async () => {
  const bridge = await BridgeProcess.ready({ env: topics.env, handlers: handlers() });
  undo.push(() => bridge.kill());
  const verdict = await core.request(account, { operationId: "op-1" });
  assert.equal(verdict.changed, true);
  await core.publish(account);
  const all = await executions(4);
  const of = (id: string): readonly StoredExecution[] => all.filter(({ handler }) => handler === id);
  const [question] = of("ask");
  assert.deepEqual(
    [
      question?.stage,
      question?.outcome,
      question?.operationId,
      question?.objectId,
      question?.clientKey,
      question?.status,
    ],
    ["before", "allow", "op-1", "77", "12", 200],
  );
  assert.match(question?.sent ?? "", /"data":\{"id":77,"password":"\*\*\*"\}\}$/);
  assert.equal(question?.answered, '{"decision":"allow","data":{"password":"***","notes":"now ***"}}');
  assert.deepEqual(
    of("watch").map(({ outcome, detail }) => [outcome, detail]),
    [["forbid", "no: not ***"]],
  );
  assert.deepEqual(
    of("told").map(({ stage, group, attempt, outcome, status, disposition }) => [
      stage,
      group,
      attempt,
      outcome,
      status,
      disposition,
    ]),
    [
      ["after", "told", 1, "status", 503, "retry"],
      ["after", "told", 2, "delivered", 200, "accept"],
    ],
  );
  const [failed, delivered] = of("told");
  assert.ok(failed !== undefined && delivered !== undefined);
  assert.equal(failed.deliveryId, delivered.deliveryId);
  assert.equal(delivered.answered, `had ${delivered.sent ?? ""}`);
  assert.ok(failed.retryInMs !== null && delivered.retryInMs === null);
  assert.equal(new Set(all.map(({ instanceId }) => instanceId)).size, 1, "both threads are one instance");
  assert.equal(all.length, 4);
  assert.equal(await bridge.counter("executions_dropped_total"), 0);
  assert.equal(await bridge.terminate(), 0);
});

test("with EXECUTION_LOG=failures only failures are kept; without a topic all goes on, and what is missing is counted", async () => {
  const known = (await executions(4)).length;
  let fails = true;
  sink.on("/told", () => ({ status: fails ? 500 : 200 }));
  const bridge = await BridgeProcess.ready({
    env: { ...topics.env, EXECUTION_LOG: "failures", EXECUTION_LOG_BODY_BYTES: "0" },
    handlers: handlers(),
  });
  undo.push(() => bridge.kill());
  await core.request(account);
  await core.publish(account);
  const [latest] = (await executions(known + 1)).slice(-1);
  assert.deepEqual(
    [latest?.handler, latest?.outcome, latest?.status, latest?.sent, latest?.answered],
    ["told", "status", 500, null, null],
  );
  await topics.admin.deleteTopics({ topics: [topics.names.executions] });
  const calls = sink.calls.length;
  await eventually("what is missing is counted", async () => (await bridge.counter("executions_dropped_total")) > 0);
  assert.ok(sink.calls.length > calls, "deliveries go on");
  fails = false;
  await eventually(
    "it is delivered",
    async () => (await bridge.counter("delivery_attempts_total", { class: "delivered" })) > 0,
  );
  assert.equal(bridge.said("executions are not written: deliveries and verdicts go on without").length, 1);
  assert.equal(await bridge.terminate(), 0);
});
