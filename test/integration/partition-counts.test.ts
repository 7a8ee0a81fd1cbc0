import assert from "node:assert/strict";
import { test } from "node:test";
import { watchPartitionCounts } from "../../src/kafka/topics/partition-counts.ts";
import { eventually } from "../support/eventually.ts";
import { Workspace } from "../support/kafka.ts";

test("partitions that are added are known soon after somebody has named one of them", async () => {
  const space = await Workspace.open();
  try {
    const topic = await space.topic("replies", 1);
    const counts = await watchPartitionCounts(space.client, [topic]);
    try {
      assert.equal(counts.has(topic, 0), true);
      assert.equal(counts.has(topic, 3), false);
      await space.admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
      // It is asked for once in 30 s otherwise.
      await eventually("the new one is known", () => counts.has(topic, 3), 10_000);
      assert.equal(counts.has(topic, 4), false);
    } finally {
      counts.close();
    }
  } finally {
    await space.close();
  }
});
