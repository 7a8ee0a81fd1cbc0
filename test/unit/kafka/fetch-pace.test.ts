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

  it("is a share of the time for which a partition has been paused: it goes on soon after it may", async () => {
    const clock = new FakeClock();
    const pace = new FetchPace(clock, timing);
    assert.equal(pace.nextMs(true), 50);
    await clock.advance(1000);
    assert.equal(pace.nextMs(true), 200);
    await clock.advance(60_000);
    assert.equal(pace.nextMs(true), 1000);
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
  const stop = new Error("far enough");
  const group = (wait?: (hasPaused: boolean) => number) => ({
    maxWaitTime: 7,
    assigners: wait === undefined ? [{}] : [{ [fetchWait]: wait }],
    paused: () => [{ partitions: [] }, { partitions: [3] }],
    // What upstream's method calls first.
    cluster: { refreshMetadataIfNecessary: () => Promise.reject(stop) },
    logger: { debug: () => undefined },
  });
  const asked: boolean[] = [];
  const own = group((hasPaused) => {
    asked.push(hasPaused);
    return 123;
  });
  await prototype.fetch.call(own, "1").catch(() => undefined);
  assert.deepEqual([own.maxWaitTime, asked], [123, [true]]);
  const other = group();
  await prototype.fetch.call(other, "1").catch(() => undefined);
  assert.equal(other.maxWaitTime, 7);
});
