import assert from "node:assert/strict";
import { test } from "node:test";
import { lagTable } from "../../../src/cli/groups/text.ts";
import type { PartitionLag } from "../../../src/operations/group-lag.ts";

const quiet: Omit<PartitionLag, "partition"> = {
  topic: "billing.clients",
  committed: 0,
  end: 0,
  lag: 0,
  oldestMs: null,
  lost: 0,
};

test("partitions of a topic that never held anything share a line of the lag; each of the others has its own", () => {
  const partitions = [0, 1, 2, 3, 4, 5].map((partition) => ({ ...quiet, partition }));
  const held = { ...quiet, partition: 3, committed: 40, end: 42, lag: 2, oldestMs: 61_000 };
  const unread = { ...quiet, topic: "billing.replays", partition: 0, committed: null, lag: null };
  const [, , ...rows] = lagTable([{ groupId: "g", partitions: [...partitions.with(3, held), unread] }]).split("\n");
  assert.deepEqual(
    rows.map((row) => row.replaceAll(/ {2,}/g, "|")),
    ["g|billing.clients|0-2 4-5|0|0|0", "g|billing.clients|3|40|42|2|1 min", "g|billing.replays|0|none|0"],
  );
});
