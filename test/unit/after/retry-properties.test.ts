import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Failure } from "../../../src/model/failure.ts";
import { delivered, failed, handler, record, world } from "./world.ts";

/** What a handler does, attempt by attempt; then it takes the event. */
const outcome: fc.Arbitrary<Partial<Failure>> = fc.oneof(
  fc.constant({ kind: "status" as const, status: 503 }),
  fc.constant({ kind: "timeout" as const }),
  fc.nat({ max: 5000 }).map((retryAfterMs) => ({ kind: "status" as const, status: 429, retryAfterMs })),
  fc.integer({ min: 1, max: 3000 }).map((retryAfterMs) => ({ kind: "breaker-open" as const, retryAfterMs })),
);

test("attempts are made when a plain schedule says so, those that were not made cost none, and the last is at the end of its time", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1000, max: 20_000 }),
      fc.array(outcome, { maxLength: 12, size: "max" }),
      async (scheduleMs, maxAgeMs, failures) => {
        const retry = { scheduleMs, maxAgeMs, jitter: 0, maxRetryAfterMs: 3000 };
        const w = world([handler("h", { retry })]);
        const script = [...failures];
        w.tasks.answer = () => {
          const next = script.shift();
          return Promise.resolve(next === undefined ? delivered : failed(next));
        };
        const startMs = w.clock.monotonicMs();
        w.dispatcher.accept([record(0)]);
        await w.clock.advance(200_000);

        // The naive model: one loop over the outcomes.
        const expected: [number, number][] = [];
        let atMs = 0;
        let made = 0;
        let end = "delivered";
        for (const failure of [...failures, null]) {
          expected.push([made + 1, atMs]);
          if (failure === null) break;
          if (failure.kind === "breaker-open") {
            atMs += Math.min(failure.retryAfterMs ?? 0, 3000);
            continue;
          }
          made++;
          const firstMs =
            expected.find(([number], at) => number === 1 && failures[at]?.kind !== "breaker-open")?.[1] ?? 0;
          const leftMs = maxAgeMs - (atMs - firstMs);
          if (leftMs <= 0) {
            end = "dead-lettered";
            break;
          }
          const planned = scheduleMs[Math.min(made + 1, scheduleMs.length) - 1] ?? 0;
          atMs += Math.min(Math.max(planned, Math.min(failure.retryAfterMs ?? 0, 3000)), leftMs);
        }
        assert.deepEqual(
          w.tasks.calls.map(({ call, atMs: whenMs }) => [call.attempt, whenMs - startMs]),
          expected,
        );
        assert.deepEqual(w.journal.ends, [[0, end]]);
      },
    ),
    { numRuns: 200 },
  );
});
