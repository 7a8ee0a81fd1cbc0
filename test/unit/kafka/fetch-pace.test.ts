import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FetchPace } from "../../../src/kafka/consume/fetch-pace.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const timing = { maxWaitMs: 1000, idleMaxWaitMs: 3000 };

describe("how long a fetch may wait", () => {
  it("is the usual time as long as records come, and more the longer none does", async () => {
    const clock = new FakeClock();
    const pace = new FetchPace(clock, timing);
    assert.equal(pace.nextMs(false), 1000);
    await clock.advance(10_000);
    assert.equal(pace.nextMs(false), 2000);
    await clock.advance(60_000);
    assert.equal(pace.nextMs(false), 3000);
    pace.stirred();
    assert.equal(pace.nextMs(false), 1000);
  });

  it("is short as long as a partition is paused: it goes on soon after it may", async () => {
    const clock = new FakeClock();
    const pace = new FetchPace(clock, timing);
    assert.equal(pace.nextMs(true), 200);
    await clock.advance(2000);
    assert.equal(pace.nextMs(true), 400);
    await clock.advance(60_000);
    assert.equal(pace.nextMs(true), 1000);
  });

  it("ends at once where all was paused and one goes on, or after the usual time", async () => {
    const clock = new FakeClock();
    const pace = new FetchPace(clock, timing);
    const woken: string[] = [];
    void pace.whilePaused().then(() => woken.push("resumed"));
    await clock.advance(999);
    assert.equal(woken.join(), "");
    pace.wake();
    await clock.advance(0);
    assert.equal(woken.join(), "resumed");
    assert.equal(clock.pendingTimers, 0);
    void pace.whilePaused().then(() => woken.push("time"));
    await clock.advance(1000);
    assert.equal(woken.join(), "resumed,time");
    assert.equal(clock.pendingTimers, 0);
  });
});
