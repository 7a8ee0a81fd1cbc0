import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../../src/model/clock.ts";
import { LoopLag } from "../../../src/observe/loop-lag.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function watched() {
  const clock = new FakeClock();
  const state = { worstMs: 0 };
  const lag = new LoopLag(clock, { measure: () => state.worstMs });
  lag.start();
  return { clock, lag, state };
}

describe("the lag of the event loop", () => {
  it("is too much once it was past the mark for a second, and well after a second below it", async () => {
    const { clock, lag, state } = watched();
    await clock.advance(2000);
    assert.equal(lag.isTooMuch, false);
    state.worstMs = 201;
    await clock.advance(750);
    assert.equal(lag.isTooMuch, false);
    await clock.advance(250);
    assert.equal(lag.isTooMuch, true);
    assert.equal(lag.worstMs, 201);
    state.worstMs = 200;
    await clock.advance(750);
    assert.equal(lag.isTooMuch, true);
    await clock.advance(250);
    assert.equal(lag.isTooMuch, false);
  });

  it("is too much at once after the loop stood still for longer than that", async () => {
    const { clock, lag, state } = watched();
    state.worstMs = 3000;
    clock.stall(3000);
    await clock.advance(250);
    assert.equal(lag.isTooMuch, true);
  });

  it("leaves no timer behind", async () => {
    const { clock, lag } = watched();
    await clock.advance(1000);
    lag.stop();
    assert.equal(clock.pendingTimers, 0);
  });

  it("property: nothing shorter than a second, either way, changes its mind", async () => {
    const spells = fc.array(fc.record({ isLate: fc.boolean(), samples: fc.integer({ min: 1, max: 3 }) }));
    await fc.assert(
      fc.asyncProperty(fc.boolean(), spells, async (late, all) => {
        const { clock, lag, state } = watched();
        state.worstMs = late ? 500 : 0;
        await clock.advance(1000);
        assert.equal(lag.isTooMuch, late);
        // Interrupted by a sample of what it already was, no spell reaches a second.
        for (const { isLate, samples } of all) {
          state.worstMs = isLate ? 500 : 0;
          await clock.advance(samples * 250);
          state.worstMs = late ? 500 : 0;
          await clock.advance(250);
          assert.equal(lag.isTooMuch, late);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("measures this thread", async () => {
    const lag = new LoopLag(systemClock, { forMs: 300 });
    lag.start();
    // The first tick of the measuring timer; only from there on it can tell what is late.
    await new Promise((resolve) => setTimeout(resolve, 60));
    const untilMs = performance.now() + 400;
    while (performance.now() < untilMs);
    await new Promise((resolve) => setTimeout(resolve, 10));
    lag.stop();
    assert.ok(lag.worstMs > 300 && lag.worstMs < 5000, `${lag.worstMs} ms`);
    assert.equal(lag.isTooMuch, true);
  });
});
