import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PendingRequests } from "../../../src/sdk/pending-requests.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** I1 and I3, the core's half, against a plain account of what came when. */

interface Reply {
  readonly atMs: number;
  readonly says: string;
}

const request = fc.record({
  askedMs: fc.nat(200),
  waitsMs: fc.integer({ min: 1, max: 100 }),
  replies: fc.array(fc.record({ afterMs: fc.nat(150), says: fc.constantFrom("allow", "forbid") }), { maxLength: 4 }),
});

test("property: each request ends once, by its deadline, with the first reply before it or in silence; the rest is counted by name", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 8 }), async (requests) => {
      const clock = new FakeClock();
      const startMs = clock.monotonicMs();
      const pending = new PendingRequests<string, string>(clock, 1000);
      const ends = requests.map(() => [] as { says: string | null; atMs: number }[]);
      const named: string[] = [];
      for (const [at, { askedMs, replies, waitsMs }] of requests.entries()) {
        clock.after(askedMs, () => {
          pending.add(`${at}`, `about ${at}`, waitsMs, (says) =>
            ends[at]?.push({ says, atMs: clock.monotonicMs() - startMs }),
          );
          for (const { afterMs, says } of replies)
            clock.after(afterMs, () => named.push(pending.settle(`${at}`, says, says)));
        });
      }
      await clock.advance(1000);
      const expected: string[] = [];
      for (const [at, { askedMs, replies, waitsMs }] of requests.entries()) {
        // Sorting is stable: replies of one moment stay in the order they came.
        const inOrder: Reply[] = replies
          .map(({ afterMs, says }) => ({ atMs: afterMs, says }))
          .sort((left, right) => left.atMs - right.atMs);
        // At the very moment of the deadline the deadline was there first.
        const first = inOrder.find(({ atMs }) => atMs < waitsMs) ?? null;
        assert.deepEqual(ends[at], [{ says: first?.says ?? null, atMs: askedMs + (first?.atMs ?? waitsMs) }]);
        for (const reply of inOrder) {
          if (reply === first) expected.push("answered");
          else if (first === null) expected.push("late");
          else expected.push(reply.says === first.says ? "duplicate" : "conflict");
        }
      }
      assert.deepEqual(named.sort(), expected.sort());
      assert.equal(pending.size, 0);
      assert.equal(clock.pendingTimers, 0);
    }),
    { numRuns: 300 },
  );
});
