import assert from "node:assert/strict";
import { test } from "node:test";
import { type FoundKey, ParkScan } from "../../../src/after/park-scan.ts";
import type { ParkedEntry } from "../../../src/after/ports.ts";
import { record } from "./world.ts";

const opened = (at: number, follows: number | null): ParkedEntry => ({ kind: "opened", at, follows });
const copy = (at: number, epoch: number, offset: number, stay = 0): ParkedEntry => {
  return { kind: "record", at, epoch, stay, record: record(offset) };
};
const settled = (at: number, epoch: number, through: number, left = -1): ParkedEntry => {
  return { kind: "settled", at, epoch, key: "7", through, left };
};

/** What a successor finds whose note names an epoch; of the source everything before `position` is settled. */
function found(epoch: number, entries: readonly ParkedEntry[], position = 100): readonly FoundKey[] {
  const scan = new ParkScan({ partition: 0, from: 0, epoch }, (offset) => offset < position);
  for (const entry of entries) scan.take(entry);
  return scan.found();
}

test("the copies of a key come in the order of its facts, each once, the one that was written last", () => {
  // The first of three failed, so that all were written again.
  const entries = [opened(0, null), copy(1, 0, 11), copy(2, 0, 12), copy(3, 0, 10), copy(4, 0, 11), copy(5, 0, 12)];
  assert.deepEqual(found(0, entries), [{ key: "7", copies: [3, 4, 5] }]);
});

test("what has ended is not parked any more, wherever its copies stand", () => {
  assert.deepEqual(found(0, [opened(0, null), copy(1, 0, 10), settled(2, 0, 10), copy(3, 0, 10)]), []);
  const some = [opened(0, null), copy(1, 0, 10), copy(2, 0, 11), settled(3, 0, 10)];
  assert.deepEqual(found(0, some), [{ key: "7", copies: [2] }]);
});

test("a copy that the commit does not know comes again from the source, and its key stays parked until then", () => {
  const entries = [opened(0, null), copy(1, 0, 10), copy(2, 0, 11)];
  assert.deepEqual(found(0, entries, 11), [{ key: "7", copies: [1] }]);
  assert.deepEqual(found(0, entries, 10), [{ key: "7", copies: [] }]);
});

test("a copy of a stay that is over counts no more, even one that was written after that; a new stay's does", () => {
  const late = [opened(0, null), copy(1, 0, 10), settled(2, 0, -1, 0), copy(3, 0, 11)];
  assert.deepEqual(found(0, late), []);
  // Fact 11 was in doubt when the key left; it was not delivered then, and is parked anew.
  assert.deepEqual(found(0, [...late, copy(4, 0, 11, 1)]), [{ key: "7", copies: [4] }]);
});

test("leaving ends the stays of earlier epochs too, and none of a later one", () => {
  const entries = [
    opened(0, null),
    copy(1, 0, 10, 9),
    opened(2, 0),
    settled(3, 2, -1, 0),
    opened(4, 2),
    copy(5, 4, 11),
  ];
  assert.deepEqual(found(4, entries), [{ key: "7", copies: [5] }]);
});

test("an owner that has lost the partition writes nothing that counts after its successor has begun", () => {
  const entries = [opened(0, null), copy(1, 0, 10), opened(2, 0), copy(3, 0, 11), settled(4, 0, 10), copy(5, 2, 12)];
  assert.deepEqual(found(2, entries), [{ key: "7", copies: [1, 5] }]);
});

test("an owner that began and never committed is as if it had not been", () => {
  // 2 opened, wrote and died; 4 followed the note that 2 had found.
  const entries = [opened(0, null), copy(1, 0, 10), opened(2, 0), settled(3, 2, 10), opened(4, 0), copy(5, 4, 11)];
  assert.deepEqual(found(4, entries), [{ key: "7", copies: [1, 5] }]);
  assert.deepEqual(found(0, entries.slice(0, 4)), [{ key: "7", copies: [1] }]);
});

test("the first epoch may have begun before the scan, and others' opening there changes nothing", () => {
  const entries = [copy(11, 5, 10), opened(12, null), copy(13, 12, 11), copy(14, 5, 12)];
  assert.deepEqual(found(5, entries), [{ key: "7", copies: [11, 14] }]);
});
