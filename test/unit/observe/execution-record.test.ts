import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttemptReport } from "../../../src/after/ports.ts";
import type { AskOutcome } from "../../../src/before/ports.ts";
import { dispositionOf } from "../../../src/model/disposition.ts";
import type { Exchange } from "../../../src/model/exchange.ts";
import { askedExecution, attemptedExecution } from "../../../src/observe/execution-record.ts";
import { afterHandler, askedHandler, httpTask, sampleCall, samplePassword } from "../../support/tasks.ts";

const nowMs = Date.UTC(2026, 0, 2);
const task = httpTask("http://127.0.0.1/");
const exchange: Exchange = { sent: "s", sentCut: false, answered: "a", answeredCut: true, status: 200 };

function asked(outcome: AskOutcome, isCancelled = false) {
  const call = sampleCall(100, { operationId: "op-1", client: Buffer.from("ä7").toString("latin1") });
  return askedExecution("i", nowMs, { handler: askedHandler(task), call, outcome, ms: 30, isCancelled });
}

test("a question leaves who was asked about what, what it answered and how long it took", () => {
  const { id, ...rest } = asked({ kind: "answer", answer: { decision: "allow", patch: null }, exchange });
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual(rest, {
    ...{ atMs: nowMs - 30, ms: 30, instanceId: "i", stage: "before", handler: "asked", group: null },
    ...{ eventId: "clients.accounts.update", objectId: "12", clientKey: "ä7", operationId: "op-1" },
    ...{ deliveryId: "d-1", attempt: 1, sequence: "t/0/1", outcome: "allow", detail: null },
    ...exchange,
    ...{ disposition: null, retryInMs: null, delayMs: null },
  });
});

test("a forbid states its reason, and a call that nobody needed any more is no failure of the handler's", () => {
  const reason = { code: "vip", message: "never this one" };
  assert.deepEqual(
    [asked({ kind: "answer", answer: { decision: "forbid", reason } })].map(({ outcome, detail, status }) => [
      outcome,
      detail,
      status,
    ]),
    [["forbid", "vip: never this one", null]],
  );
  const failure = { kind: "timeout", detail: "the call was cancelled" } as const;
  assert.deepEqual(
    [false, true].map((isCancelled) => asked({ kind: "failure", failure }, isCancelled).outcome),
    ["timeout", "cancelled"],
  );
});

test("an attempt leaves what followed it, and why, without the secret a failure repeats", () => {
  const failure = { kind: "status", detail: `status 503 of ${samplePassword}`, status: 503 } as const;
  const report: AttemptReport = {
    ...{
      group: "g",
      handler: afterHandler(task),
      call: sampleCall(100, { key: "7" }),
      outcome: { kind: "failure", failure },
    },
    ...{ disposition: dispositionOf(failure), ms: 12, delayMs: 40, retryInMs: 1000 },
  };
  const { outcome, status, detail, disposition, retryInMs, delayMs, group, clientKey, sent } = attemptedExecution(
    "i",
    nowMs,
    report,
  );
  assert.deepEqual(
    [outcome, status, detail, disposition, retryInMs, delayMs, group, clientKey, sent],
    ["status", 503, "status 503 of *** (the handler failed, not the request)", "retry", 1000, 40, "g", "7", null],
  );
});
