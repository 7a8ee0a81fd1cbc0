import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { OtherLogs, passGap, placesOf } from "../../../src/execution-log/positions.ts";
import { indexFolder, openStore } from "../../support/execution-entries.ts";

const topic = "p.executions";
const range = (from: number, until: number) => ({ topic, partition: 0, from, until });

suite("where the index reads on", () => {
  test("counts what was gone before it was read once, however often it looks, also after a restart", () => {
    const { folder, remove } = indexFolder();
    let unread = 0;
    const count = (records: number): void => void (unread += records);
    let store = openStore(folder);
    try {
      const next = (from: number): number | undefined =>
        placesOf({ store, unread: count }, [range(from, 1000)])[0]?.next;
      assert.equal(next(5), 5);
      assert.equal(unread, 0, "what was gone at the start is nobody's loss");
      assert.equal(next(100), 100);
      assert.equal(next(100), 100);
      store.close();
      store = openStore(folder);
      assert.equal(next(100), 100);
      assert.equal(unread, 95);
      const at = { topic, partition: 0, next: 100 };
      passGap({ store, unread: count }, at, 150);
      assert.deepEqual([at.next, next(100), unread], [150, 150, 145]);
    } finally {
      store.close();
      remove();
    }
  });

  test("knows a log that was made anew", () => {
    const { folder, remove } = indexFolder();
    const store = openStore(folder);
    try {
      const parts = { store, unread: () => undefined };
      store.add([], { topic, partition: 0, next: 10 });
      assert.throws(() => placesOf(parts, [range(0, 9)]), OtherLogs);
    } finally {
      store.close();
      remove();
    }
  });
});
