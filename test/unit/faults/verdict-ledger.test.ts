import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestVerdict } from "../../../src/sdk/request-verdict.ts";
import type { Observed } from "../../support/faults/load.ts";
import type { Said } from "../../support/faults/said.ts";
import { whyWrong } from "../../support/faults/verdict-ledger.ts";

/** The account of the fault suite must itself be able to find something wrong. */

const data = { id: 1, name: "client", c_company: "as sent" };
type Verdict = RequestVerdict<typeof data>;

const allowed: Verdict = {
  decision: "allow",
  decidedBy: "handler",
  handler: null,
  reason: null,
  data: { ...data, name: "CLIENT", c_company: "other" },
  changed: true,
  changes: [],
  handlers: [
    { id: "tidy", outcome: "modify", ms: 1 },
    { id: "hostile", outcome: "modify", ms: 1 },
    { id: "guard", outcome: "allow", ms: 1 },
  ],
  warnings: [],
  operationId: "op",
  attempt: 1,
  baseVersion: null,
  ms: 5,
};
const tidied: Verdict = {
  ...allowed,
  decidedBy: "failure-policy",
  data: { ...data, name: "CLIENT" },
  handlers: [
    { id: "tidy", outcome: "modify", ms: 1 },
    { id: "hostile", outcome: "bad-answer", ms: 1 },
    { id: "guard", outcome: "allow", ms: 1 },
  ],
};
const silent: Verdict = { ...allowed, decidedBy: "silence", data, changed: false, handlers: [] };
const forbidden: Verdict = {
  ...silent,
  decision: "forbid",
  decidedBy: "handler",
  handler: "guard",
  reason: { code: "guard", message: "no" },
};

const fine: Readonly<Record<string, Said>> = {
  tidy: { kind: "allow", change: { name: "CLIENT" } },
  hostile: { kind: "allow", change: { c_company: "other" } },
  guard: { kind: "allow", change: {} },
};

function found(verdict: Verdict, said: Readonly<Record<string, Said>> = fine, saidAtMs = 5): string | null {
  const asked = { operationId: "op", ceId: "event", data, deadlineMs: 100, onSilence: "allow" } as const;
  const observed: Observed = { asked, verdict, tookMs: 5, pastDeadlineMs: 0, atMs: 10 };
  const promised = { onFailure: "allow", always: true } as const;
  return whyWrong(observed, {
    handlers: {
      tidy: { ...promised, mayChange: ["name"] },
      hostile: { ...promised, mayChange: ["c_company"] },
      guard: { mayChange: [], onFailure: "forbid", always: true },
    },
    answers: (handler, ceId) => {
      const one = said[handler];
      return one === undefined ? [] : [{ handler, ceId, said: one, atMs: saidAtMs }];
    },
  });
}

test("what was asked for, by those who may, in time and whole, explains a verdict", () => {
  assert.equal(found(allowed), null);
  assert.equal(found(tidied, { ...fine, hostile: { kind: "nothing" } }), null);
  assert.equal(found(silent), null);
  assert.equal(found(forbidden, { ...fine, guard: { kind: "forbid", code: "guard" } }), null);
});

test("a verdict that nothing explains is found, in each of the ways it can be wrong", () => {
  const rows: readonly (readonly [RegExp, string | null])[] = [
    [/another operation/, found({ ...allowed, operationId: "other" })],
    [/no answer explains/, found({ ...allowed, data: { ...allowed.data, id: 2 } })],
    [/no answer explains/, found({ ...tidied, data: allowed.data })],
    [/no answer explains/, found({ ...allowed, data })],
    [/nothing of the kind/, found(allowed, { ...fine, hostile: { kind: "nothing" } })],
    [
      /nothing of the kind/,
      found(allowed, { ...fine, hostile: { kind: "allow", change: { id: 2, c_company: "other" } } }),
    ],
    [/nothing of the kind/, found(allowed, fine, 11)],
    [/passed over/, found({ ...allowed, decidedBy: "no-handler" })],
    [/guard was passed over/, found({ ...allowed, handlers: allowed.handlers.slice(0, 2) })],
    [
      /forbids then/,
      found({ ...tidied, handlers: [...tidied.handlers.slice(0, 2), { id: "guard", outcome: "timeout", ms: 1 }] }),
    ],
    [/did not forbid/, found(forbidden)],
    [/does not forbid when/, found({ ...forbidden, decidedBy: "failure-policy", handler: "tidy" })],
    [/forbid that changes/, found({ ...forbidden, data: allowed.data })],
    [/onSilence/, found({ ...silent, decision: "forbid" })],
    [/silence changed/, found({ ...silent, data: allowed.data })],
  ];
  for (const [expected, why] of rows) assert.match(why ?? "nothing is wrong", expected);
});
