import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide } from "../../../src/before/chain.ts";
import type { Decided, RequestEnd } from "../../../src/before/ports.ts";
import { expiredVerdict } from "../../../src/before/unasked-verdicts.ts";
import type { BridgeEvent } from "../../../src/model/event.ts";
import { decisionRecord } from "../../../src/observe/decision-record.ts";
import { beforeHandler, FakeTasks, forbid, mutator, patch, question } from "../../support/before-handlers.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { record } from "../../support/fake-requests.ts";
import { fullUpdate } from "../../support/shapes.ts";

const admission = { kind: "admitted", eventId: "clients.update", type: "clients.update" } as const;
const asked = question(new FakeClock(), { data: fullUpdate });

function recorded(decided: Decided, event: BridgeEvent | null = asked.event, end: RequestEnd = "replied") {
  const steps = { receivedAtMs: 1000, event, readMs: event === null ? null : 2, decidedMs: 30 };
  return decisionRecord("instance-1", record(7, { key: Buffer.from("12") }), admission, decided, end, 40, steps);
}

async function decided(handlers: Parameters<typeof decide>[1], tasks: FakeTasks): Promise<Decided> {
  return decide(asked, handlers, { tasks, clock: new FakeClock() });
}

test("a decision names the request, who was asked, who decided and when each step was done", async () => {
  const tasks = new FakeTasks({ first: patch({ name: "one" }), guard: forbid("fraud", "stop") });
  const handlers = [mutator("first"), beforeHandler("guard")];
  assert.deepEqual(recorded(await decided(handlers, tasks)), {
    ...{ operationId: "op-1", attempt: 1, eventId: "clients.update", objectId: asked.event.objectId, clientKey: "12" },
    ...{ baseVersion: "7", dataHash: "ab".repeat(32), sequence: "t/0/7", instanceId: "instance-1" },
    ...{ decision: "forbid", decidedBy: "handler", handler: "guard", reason: { code: "fraud", message: "stop" } },
    handlers: [
      { id: "first", outcome: "modify", ms: 0 },
      { id: "guard", outcome: "forbid", ms: 0 },
    ],
    ...{ changes: [], failures: [], warnings: [], end: "replied" },
    ...{ askedAtMs: record(7).timestampMs, receivedAtMs: 1000, readMs: 2, decidedMs: 30, repliedMs: 40 },
  });
});

test("a secret is masked where it changed, and wherever a handler repeats it, the old one and the new", async () => {
  const onFailure = { default: "allow", byKind: {} } as const;
  const tasks = new FakeTasks({
    a: patch({ password: "n3w-s3cret", notes: "was s3cret, is n3w-s3cret" }),
    b: { kind: "failure", failure: { kind: "bad-answer", detail: 'no JSON: "n3w-s3cret"' } },
    c: forbid("weak", "n3w-s3cret is no better than s3cret"),
  });
  const mayChange = ["password", "notes"].map((field) => ({ field, rule: "any" as const }));
  const handlers = [
    mutator("a", { mayChange }),
    beforeHandler("b", { onFailure }),
    beforeHandler("c", { mode: "warn" }),
  ];
  const decision = recorded(await decided(handlers, tasks));
  assert.deepEqual(decision.changes, [
    { path: "password", from: '"***"', to: '"***"', handler: "a" },
    { path: "notes", from: "null", to: '"was ***, is ***"', handler: "a" },
  ]);
  assert.equal(decision.failures[0]?.detail, 'no JSON: "***"');
  assert.deepEqual(decision.warnings, ["c would have forbidden: weak: *** is no better than ***"]);
});

test("property: no text of a decision holds the secret, whatever handlers say", async () => {
  const parts = fc.array(fc.constantFrom("s3cret", '"', "\\", " ", "x", "%", "é"), { maxLength: 8 });
  const said = parts.map((all) => all.join(""));
  await fc.assert(
    fc.asyncProperty(said, said, said, async (notes, code, detail) => {
      const onFailure = { default: "allow", byKind: {} } as const;
      const tasks = new FakeTasks({
        a: patch({ notes }),
        b: { kind: "failure", failure: { kind: "status", detail } },
        c: forbid(code, detail),
      });
      const mayChange = [{ field: "notes", rule: "any" as const }];
      const all = [mutator("a", { mayChange }), beforeHandler("b", { onFailure }), beforeHandler("c")];
      assert.doesNotMatch(JSON.stringify(recorded(await decided(all, tasks))), /s3cret/);
    }),
  );
});

test("a request that was not read, and a reply that was not written, leave those steps open", () => {
  const verdict = expiredVerdict({ operationId: "o", attempt: 2, baseVersion: null, dataHash: "h" });
  const decision = recorded({ verdict, encoded: null, failures: [] }, null, "reply-failed");
  assert.deepEqual([decision.objectId, decision.readMs, decision.repliedMs], [null, null, null]);
  assert.deepEqual([decision.decision, decision.decidedBy, decision.end], ["undecided", "expired", "reply-failed"]);
});
