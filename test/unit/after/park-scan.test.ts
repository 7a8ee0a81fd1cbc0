import assert from "node:assert/strict";
import { test } from "node:test";
import type { LaneId } from "../../../src/after/lane-id.ts";
import { type FoundLane, ParkScan } from "../../../src/after/park-scan.ts";
import type { ParkedEntry } from "../../../src/after/ports.ts";
import { record } from "./world.ts";

const opened = (at: number, follows: number | null): ParkedEntry => ({ kind: "opened", at, follows });
const copy = (at: number, epoch: number, offset: number, stay = 0): ParkedEntry => {
  return { kind: "record", at, epoch, stay, alone: false, record: record(offset) };
};
const alone = (at: number, epoch: number, offset: number, stay = 0): ParkedEntry => {
  return { kind: "record", at, epoch, stay, alone: true, record: record(offset) };
};
/** `ended` -1: nothing is said of a fact. `laneId`: the key's lane, unless it is a fact's own. */
const settled = (at: number, epoch: number, ended: number, left = -1, laneId: LaneId = "7"): ParkedEntry => {
  return { kind: "settled", at, epoch, laneId, key: "7", ended: ended < 0 ? [] : [ended], left };
};
const ofKey = (...copies: number[]): FoundLane => ({ id: "7", key: "7", copies });
const ofFact = (id: number, ...copies: number[]): FoundLane => ({ id, key: "7", copies });

/** What a successor finds whose note names an epoch; of the source everything before `position` is settled. */
function found(epoch: number, entries: readonly ParkedEntry[], position = 100): readonly FoundLane[] {
  const scan = new ParkScan({ partition: 0, from: 0, epoch }, (offset) => offset < position);
  for (const entry of entries) scan.take(entry);
  return scan.found();
}

test("the copies of a key come in the order of its facts, each once, the one that was written last", () => {
  // The first of three failed, so that all were written again.
  const entries = [opened(0, null), copy(1, 0, 11), copy(2, 0, 12), copy(3, 0, 10), copy(4, 0, 11), copy(5, 0, 12)];
  assert.deepEqual(found(0, entries), [ofKey(3, 4, 5)]);
});

test("what has ended is not parked any more, wherever its copies stand", () => {
  assert.deepEqual(found(0, [opened(0, null), copy(1, 0, 10), settled(2, 0, 10), copy(3, 0, 10)]), []);
  const some = [opened(0, null), copy(1, 0, 10), copy(2, 0, 11), settled(3, 0, 10)];
  assert.deepEqual(found(0, some), [ofKey(2)]);
});

test("a copy that the commit does not know comes again from the source, and its key stays parked until then", () => {
  const entries = [opened(0, null), copy(1, 0, 10), copy(2, 0, 11)];
  assert.deepEqual(found(0, entries, 11), [ofKey(1)]);
  assert.deepEqual(found(0, entries, 10), [ofKey()]);
});

test("a copy of a stay that is over counts no more, even one that was written after that; a new stay's does", () => {
  const late = [opened(0, null), copy(1, 0, 10), settled(2, 0, -1, 0), copy(3, 0, 11)];
  assert.deepEqual(found(0, late), []);
  // Fact 11 was in doubt when the key left; it was not delivered then, and is parked anew.
  assert.deepEqual(found(0, [...late, copy(4, 0, 11, 1)]), [ofKey(4)]);
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
  assert.deepEqual(found(4, entries), [ofKey(5)]);
});

test("an owner that has lost the partition writes nothing that counts after its successor has begun", () => {
  const entries = [opened(0, null), copy(1, 0, 10), opened(2, 0), copy(3, 0, 11), settled(4, 0, 10), copy(5, 2, 12)];
  assert.deepEqual(found(2, entries), [ofKey(1, 5)]);
});

test("an owner that began and never committed is as if it had not been", () => {
  // 2 opened, wrote and died; 4 followed the note that 2 had found.
  const entries = [opened(0, null), copy(1, 0, 10), opened(2, 0), settled(3, 2, 10), opened(4, 0), copy(5, 4, 11)];
  assert.deepEqual(found(4, entries), [ofKey(1, 5)]);
  assert.deepEqual(found(0, entries.slice(0, 4)), [ofKey(1)]);
});

test("the first epoch may have begun before the scan, and others' opening there changes nothing", () => {
  const entries = [copy(11, 5, 10), opened(12, null), copy(13, 12, 11), copy(14, 5, 12)];
  assert.deepEqual(found(5, entries), [ofKey(11, 14)]);
});

test("facts that are alone come back each by itself, and what ends one leaves the others and their key's lane", () => {
  const entries = [opened(0, null), alone(1, 0, 10, 0), alone(2, 0, 11, 1), copy(3, 0, 12, 2), alone(4, 0, 13, 3)];
  assert.deepEqual(found(0, entries), [ofFact(10, 1), ofFact(11, 2), ofKey(3), ofFact(13, 4)]);
  assert.deepEqual(found(0, [...entries, settled(5, 0, 11, -1, 11)]), [ofFact(10, 1), ofKey(3), ofFact(13, 4)]);
  assert.deepEqual(found(0, [...entries, settled(5, 0, -1, 3, 13)]), [ofFact(10, 1), ofFact(11, 2), ofKey(3)]);
  assert.deepEqual(found(0, [...entries, settled(5, 0, -1, 2)]), [ofFact(10, 1), ofFact(11, 2), ofFact(13, 4)]);
});

test("a fact that has ended is not parked, whichever lane its copy was in", () => {
  const entries = [opened(0, null), alone(1, 0, 10), copy(2, 0, 11, 1), settled(3, 0, 11, -1, 11), settled(4, 0, 10)];
  assert.deepEqual(found(0, entries), []);
});

test("an end says nothing of earlier facts, which may come again from the source after those behind them", () => {
  // 10 was alone and not settled when its handler came to ask for order; its successor found 11 parked, and then 10.
  const entries = [opened(0, null), copy(1, 0, 11), settled(2, 0, 11), copy(3, 0, 10)];
  assert.deepEqual(found(0, entries), [ofKey(3)]);
});

test("a fact that left the park to come again from the source can be parked again", () => {
  const entries = [opened(0, null), alone(1, 0, 10), opened(2, 0), settled(3, 2, -1, 0, 10), alone(4, 2, 10, 1)];
  assert.deepEqual(found(2, entries), [ofFact(10, 4)]);
});

test("of copies of one fact in two lanes the last counts, and the other's lane stays parked until its end is said", () => {
  const entries = [opened(0, null), copy(1, 0, 10), copy(2, 0, 11), opened(3, 0), alone(4, 3, 10)];
  assert.deepEqual(found(3, entries), [ofKey(2), ofFact(10, 4)]);
  assert.deepEqual(
    found(
      3,
      entries.filter(({ at }) => at !== 2),
    ),
    [ofKey(), ofFact(10, 4)],
  );
});
