import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CoreBreaker, type Passage } from "../../../src/sdk/core-breaker.ts";

const silences = 5;
const probeEveryMs = 1000;

function passed(breaker: CoreBreaker, nowMs: number): Passage {
  const passage = breaker.admit(nowMs);
  assert.ok(passage);
  return passage;
}

/** Opened at `nowMs`. */
function opened(nowMs = 0): CoreBreaker {
  const breaker = new CoreBreaker(silences, probeEveryMs);
  for (let at = 0; at < silences; at++) breaker.silent(passed(breaker, nowMs), nowMs);
  assert.ok(breaker.isOpen);
  return breaker;
}

describe("the core's breaker", () => {
  it("opens at the fifth silence in a row, and an answer between them starts the count over", () => {
    const breaker = new CoreBreaker(silences, probeEveryMs);
    for (let at = 0; at < 4; at++) assert.equal(breaker.silent(passed(breaker, 0), 0), false);
    assert.equal(breaker.answered(0), null);
    for (let at = 0; at < 4; at++) assert.equal(breaker.silent(passed(breaker, 0), 0), false);
    assert.equal(breaker.silent(passed(breaker, 0), 0), true);
    assert.equal(breaker.admit(0), null);
  });

  it("lets one request a second through while it is open, the first a second after it opened", () => {
    const breaker = opened(0);
    const admitted = [1, 999, 1000, 1001, 1999, 2000, 2500, 3000].filter((at) => breaker.admit(at) !== null);
    assert.deepEqual(admitted, [1000, 2000, 3000]);
  });

  it("stays open when its probe is silent too, and closes with the first answer, saying how long it was open", () => {
    const breaker = opened(0);
    assert.equal(breaker.silent(passed(breaker, 1000), 2500), false);
    assert.ok(breaker.isOpen);
    passed(breaker, 2500);
    assert.equal(breaker.answered(2600), 2600);
    assert.ok(!breaker.isOpen);
    passed(breaker, 2600);
  });

  it("is not opened again by requests that were sent into the outage and end after it", () => {
    const breaker = new CoreBreaker(silences, probeEveryMs);
    const before = Array.from({ length: 50 }, () => passed(breaker, 0));
    before.slice(0, 5).forEach((passage) => breaker.silent(passage, 1500));
    assert.ok(breaker.isOpen);
    breaker.answered(2600);
    for (const passage of before.slice(5)) assert.equal(breaker.silent(passage, 2700), false);
    assert.ok(!breaker.isOpen);
  });

  it("whatever ends in whatever order: opens by five fresh silences only, probes once a second, closes by any answer", () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("ask" as const) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("silent" as const), which: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("answer" as const), which: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(1500) }) },
    );
    let openings = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 60, maxLength: 120 }), (steps) => {
        const breaker = new CoreBreaker(silences, probeEveryMs);
        const asked: { passage: Passage; sinceChange: boolean }[] = [];
        let now = 0;
        let inARow = 0;
        let lastLetThroughMs = -Infinity;
        const changed = (): void => asked.forEach((one) => (one.sinceChange = false));
        for (const current of steps) {
          const wasOpen = breaker.isOpen;
          if (current.kind === "wait") now += current.ms;
          else if (current.kind === "ask") {
            const passage = breaker.admit(now);
            if (!wasOpen) assert.ok(passage, "a closed breaker refuses nothing");
            if (passage === null) continue;
            if (wasOpen) {
              assert.ok(now - lastLetThroughMs >= probeEveryMs, "two probes within a second");
              lastLetThroughMs = now;
            }
            asked.push({ passage, sinceChange: true });
          } else {
            const [ended] = asked.splice(current.which % Math.max(1, asked.length), 1);
            if (ended === undefined) continue;
            if (current.kind === "answer") {
              breaker.answered(now);
              inARow = 0;
              assert.ok(!breaker.isOpen);
              if (wasOpen) changed();
            } else {
              if (!wasOpen && ended.sinceChange) inARow++;
              const opens = breaker.silent(ended.passage, now);
              assert.equal(opens, !wasOpen && inARow === silences && ended.sinceChange);
              assert.equal(breaker.isOpen, wasOpen || opens);
              if (opens) {
                openings++;
                inARow = 0;
                lastLetThroughMs = now;
                changed();
              }
            }
          }
        }
      }),
      { numRuns: 500 },
    );
    assert.ok(openings > 50, `only ${openings} openings were seen`);
  });
});
