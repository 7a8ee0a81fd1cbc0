import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConsumerGroup, consumerGroupClass } from "../../../src/kafka/patches/consumer-group.ts";
import { letFetchesVary } from "../../../src/kafka/patches/fetch-wait.ts";
import { fetchWait } from "../../../src/kafka/patches/group-hooks.ts";

const { prototype } = consumerGroupClass();

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
    await prototype.fetch.call(group as unknown as ConsumerGroup, "1").catch(() => undefined);
    return group.maxWaitTime;
  };
  assert.equal(await fetched([], { [fetchWait]: wait }), 123);
  assert.equal(await fetched([1], { [fetchWait]: wait }), 123);
  assert.equal(await fetched([0, 1], { [fetchWait]: wait }), 0);
  assert.equal(await fetched([0, 1], {}), 7);
  assert.deepEqual(said, ["none paused", "some paused", "all paused"]);
});
