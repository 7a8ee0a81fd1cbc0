import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decideBy, isExpired, remainingAtReceipt } from "../../../src/before/budget.ts";
import { coreMarginMs, maxDeadlineMs, skewMs, transitMs } from "../../../src/model/budget.ts";

/** I1, the bridge's half: whatever headers, clocks and transits are, the verdict is folded early enough to be back in time. */

const request = fc.record({
  deadlineMs: fc.integer({ min: 1, max: maxDeadlineMs }),
  transitMs: fc.oneof(fc.integer({ min: 0, max: transitMs }), fc.integer({ min: 0, max: 6000 })),
  /** By how much the bridge's clock runs ahead of the core's. */
  skewMs: fc.integer({ min: -skewMs, max: skewMs }),
  /** By how much the broker's clock runs ahead of the bridge's. */
  brokerSkewMs: fc.integer({ min: -skewMs, max: skewMs }),
  headers: fc.constantFrom("both", "deadline", "budget"),
});

test("property: the verdict is folded a transit and the core's margin before the core's deadline, or the request has expired", () => {
  let live = 0;
  fc.assert(
    fc.property(request, (one) => {
      const askedAtMs = 1_000_000;
      const coreGivesUpMs = askedAtMs + one.deadlineMs;
      // The broker stamps the record as it arrives there; the rest of the way takes no time, which is the hardest case.
      const arrivesMs = askedAtMs + one.transitMs;
      const nowMs = arrivesMs + one.skewMs;
      const remainingMs = remainingAtReceipt({
        nowMs,
        recordTimestampMs: nowMs + one.brokerSkewMs,
        deadlineMs: one.headers === "budget" ? undefined : coreGivesUpMs,
        budgetMs: one.headers === "deadline" ? undefined : one.deadlineMs,
        configuredMs: 1500,
      });
      assert.ok(remainingMs <= maxDeadlineMs);
      if (isExpired(remainingMs)) return;
      live++;
      const shareMs = decideBy(0, remainingMs);
      // Too late for any handler: every one is treated by its failure policy, at once.
      if (shareMs <= 0) return;
      const backMs = arrivesMs + shareMs + transitMs;
      if (one.headers !== "budget") assert.ok(backMs + coreMarginMs <= coreGivesUpMs, `back at ${backMs}`);
      // A budget counts from the broker's stamp: the way there is not seen, and comes out of the core's margin.
      else if (one.transitMs <= transitMs) assert.ok(backMs <= coreGivesUpMs, `back at ${backMs}`);
    }),
    { numRuns: 2000 },
  );
  assert.ok(live > 200);
});

test("property: nonsense in a header never gives a request more time than the longest deadline, nor NaN", () => {
  const any = fc.oneof(fc.double(), fc.constantFrom(undefined, Number.NaN, Infinity, -Infinity, Number.MAX_VALUE));
  fc.assert(
    fc.property(any, any, fc.integer({ min: -10_000, max: 10_000 }), (deadlineMs, budgetMs, ageMs) => {
      const nowMs = 1_000_000;
      const received = { nowMs, recordTimestampMs: nowMs - ageMs, deadlineMs, budgetMs, configuredMs: 1500 };
      const remainingMs = remainingAtReceipt(received);
      assert.ok(remainingMs <= maxDeadlineMs, `${remainingMs}`);
      assert.ok(isExpired(remainingMs) || Number.isFinite(decideBy(0, remainingMs)));
    }),
    { numRuns: 2000 },
  );
});
