import assert from "node:assert/strict";
import { test } from "node:test";
import { executionEntry } from "../../../src/execution-log/entries.ts";
import { LiveEntries } from "../../../src/execution-log/live-entries.ts";
import { storedExecution } from "../../support/execution-entries.ts";

const nowMs = Date.UTC(2026, 0, 1);
const entries = (count: number, agoMs: number) =>
  Array.from({ length: count }, (_, at) =>
    executionEntry(storedExecution(`e${at}`, { at: new Date(nowMs - agoMs).toISOString() })),
  );

test("what an index catches up with is no news, and nobody has missed it", () => {
  const live = new LiveEntries();
  live.add(entries(1, 0), nowMs);
  live.want(true);
  assert.equal(live.take(), null, "nobody watched");
  live.add(entries(150, 0), nowMs);
  live.add(entries(500, 3_600_000), nowMs);
  const told = live.take();
  assert.deepEqual([told?.entries.length, told?.missed], [150, 0]);
  live.add(entries(250, 0), nowMs);
  live.add(entries(500, 3_600_000), nowMs);
  const more = live.take();
  assert.deepEqual([more?.entries.length, more?.missed], [200, 50]);
  assert.equal(live.take(), null);
});
