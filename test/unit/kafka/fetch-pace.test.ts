import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { fetchHash, fetchingGroupClass, fetchWait, letFetchesVary } from "../../../src/kafka/connection/fetch-wait.ts";
import { assertPatchable, patchedVersion } from "../../../src/kafka/connection/patch.ts";
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

const { prototype } = fetchingGroupClass();
const upstream = prototype.fetch;

test("the kafkajs that is installed is the one this was written for", () => {
  assert.doesNotThrow(() => assertPatchable(patchedVersion, upstream, fetchHash));
});

test("a group's assigner says before each fetch how long it may wait; without one nothing changes", async () => {
  letFetchesVary();
  letFetchesVary();
  const said: string[] = [];
  const wait = {
    nextMs(hasPaused: boolean) {
      said.push(hasPaused ? "some paused" : "none paused");
      return 123;
    },
    whilePaused() {
      said.push("all paused");
      return Promise.resolve();
    },
  };
  const fetched = async (paused: readonly number[], assigner: object): Promise<number> => {
    const group = {
      maxWaitTime: 7,
      assigners: [{}, assigner],
      assigned: () => [{ topic: "t", partitions: [0, 1] }],
      isPaused: (_topic: string, partition: number) => paused.includes(partition),
      // What upstream's method calls first.
      cluster: { refreshMetadataIfNecessary: () => Promise.reject(new Error("far enough")) },
      logger: { debug: () => undefined },
    };
    await prototype.fetch.call(group, "1").catch(() => undefined);
    return group.maxWaitTime;
  };
  assert.equal(await fetched([], { [fetchWait]: wait }), 123);
  assert.equal(await fetched([1], { [fetchWait]: wait }), 123);
  assert.equal(await fetched([0, 1], { [fetchWait]: wait }), 0);
  assert.equal(await fetched([0, 1], {}), 7);
  assert.deepEqual(said, ["none paused", "some paused", "all paused"]);
});
