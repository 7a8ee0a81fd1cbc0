import assert from "node:assert/strict";
import { test } from "node:test";
import { lostRanges } from "../../../src/kafka/consume/committed.ts";
import { ReadPositions } from "../../../src/kafka/consume/read-positions.ts";

const at = { topic: "facts", partition: 0 };

test("what retention took below a position, and what is missing above it, is lost; everything else is not", () => {
  const committed = (offset: number | null) => ({ ...at, offset, metadata: null, logStart: 10, logEnd: 20 });
  assert.deepEqual(lostRanges([4, 25].map(committed)), [
    { ...at, from: 4, until: 10 },
    { ...at, from: 20, until: 25 },
  ]);
  assert.deepEqual(lostRanges([null, 10, 15, 20].map(committed)), []);
});

test("a fetch at another offset than the one after the last batch names what lies between", () => {
  const positions = new ReadPositions();
  assert.equal(positions.read(at, 5, 9), null);
  assert.equal(positions.read(at, 10, 19), null);
  assert.deepEqual(positions.read(at, 50, 59), { ...at, from: 20, until: 50 });
  assert.equal(positions.read(at, 60, 60), null);
  assert.deepEqual(positions.read(at, 0, 7), { ...at, from: 0, until: 61 });
});

test("neither a batch of transaction markers, nor a join, nor another partition counts as a jump", () => {
  const positions = new ReadPositions();
  positions.read(at, 0, 9);
  positions.passed(at, 12);
  assert.equal(positions.read(at, 13, 20), null);
  assert.equal(positions.read({ ...at, partition: 1 }, 100, 110), null);
  positions.joined();
  assert.equal(positions.read(at, 3, 8), null);
});

test("a kafkajs that does not tell where it fetched raises no alarm", () => {
  const positions = new ReadPositions();
  positions.read(at, 0, 9);
  assert.equal(positions.read(at, Number.NaN, 30), null);
});
