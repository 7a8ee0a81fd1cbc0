import assert from "node:assert/strict";
import { test } from "node:test";
import { callTimeout, clockSkewMs, decideBy, isExpired, remainingAtReceipt } from "../../../src/before/budget.ts";

const nowMs = 1_000_000;
const request = {
  nowMs,
  recordTimestampMs: nowMs - 100,
  deadlineMs: undefined,
  budgetMs: undefined,
  configuredMs: 1500,
};

test("without headers the configured deadline counts from the record's timestamp", () => {
  assert.equal(remainingAtReceipt(request), 1400);
});

test("with both headers the smaller remainder counts", () => {
  assert.equal(remainingAtReceipt({ ...request, deadlineMs: nowMs + 900, budgetMs: 1500 }), 900);
  assert.equal(remainingAtReceipt({ ...request, deadlineMs: nowMs + 900, budgetMs: 500 }), 400);
  assert.equal(remainingAtReceipt({ ...request, budgetMs: 2000 }), 1900);
});

test("a header that is no number, or asks for more than the longest deadline, cannot hold a request for ever", () => {
  assert.equal(remainingAtReceipt({ ...request, deadlineMs: Number.NaN }), 1400);
  assert.equal(remainingAtReceipt({ ...request, deadlineMs: nowMs + 1e12, budgetMs: Number.POSITIVE_INFINITY }), 5000);
});

test("a record from the future is as old as now, and its skew is told", () => {
  const early = { ...request, recordTimestampMs: nowMs + 80 };
  assert.equal(remainingAtReceipt(early), 1500);
  assert.equal(clockSkewMs(early), 80);
  assert.equal(clockSkewMs(request), 0);
});

test("of a deadline whose request took its full transit the bridge has D - 400", () => {
  assert.equal(decideBy(0, remainingAtReceipt(request)), 1500 - 400);
});

test("a request is expired when nothing is left of its time", () => {
  assert.equal(isExpired(0), true);
  assert.equal(isExpired(1), false);
});

test("a call takes whole milliseconds, and none when fewer than 20 are left", () => {
  assert.equal(callTimeout(300, 1000), 300);
  assert.equal(callTimeout(300, 99.9), 99);
  assert.equal(callTimeout(300, 20), 20);
  assert.equal(callTimeout(300, 19.9), undefined);
  assert.equal(callTimeout(300, -5), undefined);
});
