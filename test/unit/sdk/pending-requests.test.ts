import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { PendingRequests } from "../../../src/sdk/pending-requests.ts";
import { FakeClock } from "../../support/fake-clock.ts";

describe("pending requests", () => {
  it("end with the first reply, and tell an equal repetition from a contradiction", () => {
    const pending = new PendingRequests<string, string>(new FakeClock(), 10);
    const ends: (string | null)[] = [];
    pending.add("a", "about a", 100, (reply) => ends.push(reply));
    assert.equal(pending.about("a"), "about a");
    assert.equal(pending.settle("a", "yes", "1"), "answered");
    assert.equal(pending.about("a"), null);
    assert.equal(pending.settle("a", "yes", "1"), "duplicate");
    assert.equal(pending.settle("a", "no", "2"), "conflict");
    assert.equal(pending.settle("b", "no", "2"), "foreign");
    assert.deepEqual(ends, ["yes"]);
  });

  it("end in silence at the deadline, and a later reply is late and never applied", async () => {
    const clock = new FakeClock();
    const pending = new PendingRequests<string, string>(clock, 10);
    const ends: (string | null)[] = [];
    pending.add("a", "about a", 100, (reply) => ends.push(reply));
    await clock.advance(99);
    assert.deepEqual(ends, []);
    await clock.advance(1);
    assert.deepEqual(ends, [null]);
    assert.equal(pending.settle("a", "yes", "1"), "late");
    assert.deepEqual(ends, [null]);
  });

  it("end exactly once each, whatever the order of replies and time", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("reply" as const), id: fc.nat(9), mark: fc.constantFrom("x", "y") }),
      fc.record({ kind: fc.constant("time" as const), ms: fc.nat(60) }),
      fc.record({ kind: fc.constant("add" as const), ms: fc.integer({ min: 1, max: 100 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = new FakeClock();
        const pending = new PendingRequests<string, string>(clock, 1000, 5);
        const ends = new Map<string, number>();
        let added = 0;
        for (const current of steps) {
          if (current.kind === "add") {
            const id = String(added++);
            ends.set(id, 0);
            pending.add(id, id, current.ms, () => ends.set(id, (ends.get(id) ?? 0) + 1));
          } else if (current.kind === "time") await clock.advance(current.ms);
          else pending.settle(String(current.id), current.mark, current.mark);
        }
        assert.ok([...ends.values()].every((count) => count <= 1));
        assert.equal([...ends.values()].filter((count) => count === 0).length, pending.size);
        pending.silenceAll();
        assert.ok([...ends.values()].every((count) => count === 1));
      }),
    );
  });
});
