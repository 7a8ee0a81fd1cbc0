import assert from "node:assert/strict";
import { test } from "node:test";
import { OwnedPartitions } from "../../../src/kafka/consume/owned-partitions.ts";

const at = (partition: number) => ({ topic: "facts", partition });

test("a join tells what was kept, gained and lost", () => {
  const partitions = new OwnedPartitions();
  assert.deepEqual(partitions.join("m1", [at(0), at(1)], 1), {
    kept: [],
    gained: [at(0), at(1)],
    lost: [],
  });
  assert.deepEqual(partitions.join("m1", [at(1), at(2)], 2), {
    kept: [at(1)],
    gained: [at(2)],
    lost: [at(0)],
  });
  assert.deepEqual([partitions.owns(at(0)), partitions.owns(at(2))], [false, true]);
  assert.deepEqual(partitions.ownership(), { owned: [at(1), at(2)], since: 2 });
});

test("another member id makes all that was held void, also what is assigned again", () => {
  const partitions = new OwnedPartitions();
  partitions.join("m1", [at(0), at(1)], 1);
  partitions.pause(at(0));
  const join = partitions.join("m2", [at(0)], 2);
  assert.deepEqual(join, { kept: [], gained: [at(0)], lost: [at(0), at(1)] });
  assert.equal(partitions.isPaused(at(0)), false);
});

test("a pause outlives a join, but not the partition's loss, and none is kept of what is not owned", () => {
  const partitions = new OwnedPartitions();
  partitions.join("m1", [at(0), at(1)], 1);
  partitions.pause(at(0));
  partitions.pause(at(1));
  partitions.pause(at(7));
  partitions.join("m1", [at(0)], 2);
  assert.equal(partitions.isPaused(at(0)), true);
  partitions.join("m1", [at(0), at(1), at(7)], 3);
  assert.deepEqual([partitions.isPaused(at(1)), partitions.isPaused(at(7))], [false, false]);
  partitions.resume(at(0));
  assert.equal(partitions.isPaused(at(0)), false);
});
