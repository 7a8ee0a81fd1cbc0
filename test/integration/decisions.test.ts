import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readDecision, type StoredDecision } from "../../src/kafka/records/decision-codec.ts";
import type { BillingClient } from "../../src/sdk/client-options.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { asked } from "../support/handlers.ts";
import { answer, deadUrl, Sink } from "../support/sink.ts";

/** What is left of each decision on the topic of decisions, and that no verdict waits for it. */

const undo: (() => Promise<unknown>)[] = [];
let topics: FreshTopics;
let sink: Sink;
let bridge: BridgeProcess;
let core: BillingClient;

const oldPassword = "0ld-pa55word";
const newPassword = "n3w-pa55word";

before(async () => {
  sink = await Sink.open();
  undo.push(() => sink.close());
  topics = await FreshTopics.open();
  undo.push(() => topics.close());
  sink.on("/password", () =>
    answer({ decision: "allow", data: { password: newPassword, notes: `now ${newPassword}` } }),
  );
  sink.on("/forbid", () => answer({ decision: "forbid", reason: { code: "vip", message: "never this one" } }));
  bridge = await BridgeProcess.ready({
    env: topics.env,
    stage: "before",
    handlers: [
      asked({
        ...{ id: "password", events: ["clients.accounts.update"], url: sink.url("/password") },
        mayChange: ["password", "notes"],
      }),
      // What a busy machine takes longer for is not what this is about.
      asked({ id: "guard", events: ["clients.archive"], url: sink.url("/forbid"), timeoutMs: 1000 }),
      asked({ id: "dead", events: ["clients.delete"], url: await deadUrl() }),
    ],
  });
  undo.push(() => bridge.kill());
  core = await topics.core({ onSilence: "forbid" });
});

after(async () => {
  for (const step of undo.reverse()) await step();
});

/** Waits until the topic holds `count` decisions; each stands under its operation id. */
async function decisions(count: number): Promise<ReadonlyMap<string, StoredDecision>> {
  const found = new Map<string, StoredDecision>();
  await eventually(`${count} decisions`, async () => {
    for (const { key, value } of await topics.contents(topics.names.decisions)) {
      const reading = await readDecision(topics.registry, value ?? Buffer.alloc(0));
      assert.equal(reading.kind, "decision");
      assert.equal(key?.toString(), reading.decision.operationId);
      found.set(reading.decision.operationId, reading.decision);
    }
    return found.size >= count;
  });
  return found;
}

test("a change, a forbid and a failing handler each leave one decision, without a secret in it", async () => {
  const change = await core.request(
    { id: "clients.accounts.update", data: { id: 77, password: oldPassword }, clientId: 12 },
    { operationId: "op-change", baseVersion: "v4" },
  );
  assert.equal(change.changed, true);
  await core.request({ id: "clients.archive", data: { id: 13 } }, { operationId: "op-forbid" });
  await core.request({ id: "clients.delete", data: { id: 14 } }, { operationId: "op-failure" });

  const all = await decisions(3);
  assert.equal((await topics.contents(topics.names.decisions)).length, 3);
  const changed = all.get("op-change");
  assert.ok(changed);
  assert.deepEqual(
    [changed.decision, changed.decidedBy, changed.eventId, changed.objectId, changed.clientKey, changed.baseVersion],
    ["allow", "handler", "clients.accounts.update", "77", "12", "v4"],
  );
  assert.deepEqual(changed.changes, [
    { path: "password", from: '"***"', to: '"***"', handler: "password" },
    { path: "notes", from: null, to: '"now ***"', handler: "password" },
  ]);
  assert.deepEqual(
    changed.handlers.map(({ id, outcome }) => `${id} ${outcome}`),
    ["password modify"],
  );
  assert.ok(changed.readMs !== null && changed.repliedMs !== null);
  assert.ok(changed.readMs <= changed.decidedMs && changed.decidedMs <= changed.repliedMs);
  assert.ok(Math.abs(Date.parse(changed.receivedAt) - Date.parse(changed.askedAt)) < 5000);
  for (const { value } of await topics.contents(topics.names.decisions)) {
    assert.doesNotMatch(value?.toString("latin1") ?? "", /pa55word/);
  }

  const forbidden = all.get("op-forbid");
  assert.deepEqual([forbidden?.decision, forbidden?.handler, forbidden?.end], ["forbid", "guard", "replied"]);
  assert.deepEqual(forbidden?.reason, { code: "vip", message: "never this one" });

  const failed = all.get("op-failure");
  assert.deepEqual([failed?.decision, failed?.decidedBy, failed?.handler], ["allow", "failure-policy", "dead"]);
  assert.deepEqual(
    failed?.failures.map(({ handler, kind }) => [handler, kind]),
    [["dead", "unreachable"]],
  );
  assert.equal(await bridge.counter("decisions_dropped_total"), 0);
});

test("without a topic of decisions verdicts are as quick as with it, what is missing is counted, and the bridge ends", async () => {
  const ask = async (): Promise<number> => {
    const startMs = performance.now();
    const verdict = await core.request({ id: "clients.archive", data: { id: 13 } });
    assert.equal(verdict.decidedBy, "handler");
    return performance.now() - startMs;
  };
  const median = async (): Promise<number> => {
    const times: number[] = [];
    for (let at = 0; at < 150; at++) times.push(await ask());
    return times.sort((left, right) => left - right)[75] ?? Infinity;
  };
  await median();
  const withTopic = await median();
  await topics.admin.deleteTopics({ topics: [topics.names.decisions] });
  const without = await median();
  // A verdict that waited for the record would take a second or more: kafkajs tries again for so long.
  assert.ok(without < withTopic * 2 + 50, `${without.toFixed(1)} ms without, ${withTopic.toFixed(1)} ms with it`);
  await eventually("what is missing is counted", async () => (await bridge.counter("decisions_dropped_total")) > 0);
  assert.equal(bridge.said("decisions are not written: verdicts go on without").length, 1);
  assert.equal((await bridge.probe("/readyz"))?.status, 200);
  assert.equal(await bridge.terminate(), 0);
  console.log(`median of 150 verdicts: ${withTopic.toFixed(1)} ms with the topic, ${without.toFixed(1)} ms without`);
});
