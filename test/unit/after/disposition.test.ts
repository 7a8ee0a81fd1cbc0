import assert from "node:assert/strict";
import { test } from "node:test";
import { dispositionOf } from "../../../src/model/disposition.ts";
import { type FailureKind, failureKinds } from "../../../src/model/failure.ts";

const kindOf = (kind: FailureKind, rest: { status?: number; exit?: number } = {}) =>
  dispositionOf({ kind, detail: "", ...rest });

test("408, 425, 429 and every 5xx are retried, and each costs an attempt", () => {
  const retried = Array.from({ length: 500 }, (_, index) => index + 100).filter(
    (status) => kindOf("status", { status }).kind === "retry" && status >= 300,
  );
  assert.deepEqual(retried, [408, 425, 429, ...Array.from({ length: 100 }, (_, index) => 500 + index)]);
  for (const status of retried) assert.equal((kindOf("status", { status }) as { spends: boolean }).spends, true);
});

test("redirects and every other 4xx are dead-lettered, 410 under a reason of its own", () => {
  const codes = new Map<string, number[]>();
  for (let status = 300; status < 500; status++) {
    const disposition = kindOf("status", { status });
    if (disposition.kind === "dead-letter") {
      codes.set(disposition.code, [...(codes.get(disposition.code) ?? []), status]);
    }
  }
  assert.deepEqual(codes.get("gone"), [410]);
  assert.equal(codes.get("redirected")?.length, 100);
  assert.equal(codes.get("rejected")?.length, 100 - 4);
});

test("what says nothing about the event is retried: unreachable, timeout, killed, any failing exit, a broken protocol, a defect of ours", () => {
  for (const kind of ["unreachable", "timeout", "killed", "bad-answer", "internal"] as const)
    assert.equal(kindOf(kind).kind, "retry");
  for (const exit of [1, 2, 75, 126, 255]) assert.equal(kindOf("exit", { exit }).kind, "retry");
});

test("a call that was not made costs no attempt", () => {
  for (const kind of ["breaker-open", "overload"] as const) {
    assert.deepEqual({ ...kindOf(kind), why: "" }, { kind: "retry", spends: false, why: "" });
  }
});

test("an event on which `when` fails is dead-lettered, neither skipped nor retried for a day", () => {
  assert.equal(kindOf("condition").kind, "dead-letter");
});

test("the body of a success is never judged after the event", () => {
  for (const kind of ["not-permitted", "invalid"] as const) assert.equal(kindOf(kind).kind, "accept");
});

test("every failure has a disposition that says why", () => {
  for (const kind of failureKinds) assert.ok(kindOf(kind).why.length > 10, kind);
});
