import assert from "node:assert/strict";
import { test } from "node:test";
import { delivered, failed, handler, record, world } from "./world.ts";

const refused = failed({ kind: "status", status: 400, detail: "400" });
const limits = { brakeAfter: 5, brakeWaitMs: 30_000, brakeLongestMs: 120_000, concurrency: 2 };

function facts(count: number, from = 0): ReturnType<typeof record>[] {
  return Array.from({ length: count }, (_, at) => record(from + at, { key: `k${from + at}` }));
}

test("a handler that refuses event after event stops its group instead of draining the topic into the dead letters", async () => {
  const w = world([handler("h")], limits);
  w.tasks.answer = () => Promise.resolve(refused);
  w.dispatcher.accept(facts(20));
  await w.clock.advance(10_000);
  // The turn that was under way beside the fifth ends.
  assert.ok(w.letters.length === 5 || w.letters.length === 6, `${w.letters.length}`);
  assert.deepEqual(w.journal.brakes, [["h", 5]]);
  assert.equal(w.dispatcher.stats().braked, true);
  const stopped = w.letters.length;
  await w.clock.advance(25_000);
  assert.equal(w.letters.length, stopped + 1, "one is tried after 30 s");
  await w.clock.advance(60_000);
  assert.equal(w.letters.length, stopped + 2, "the next one a minute later");
  await w.clock.advance(110_000);
  assert.equal(w.letters.length, stopped + 2, "and then after two minutes");
});

test("what waited in a partition that was lost costs the group none of its tries", async () => {
  const w = world([handler("h")], limits);
  w.tasks.answer = () => Promise.resolve(refused);
  w.dispatcher.accept(facts(20));
  w.dispatcher.accept(Array.from({ length: 5 }, (_, at) => record(at, { partition: 1, key: `other${at}` })));
  await w.clock.advance(10_000);
  const stopped = w.letters.length;
  w.dispatcher.assigned([{ topic: record(0).topic, partition: 1 }]);
  await w.clock.advance(25_000);
  assert.equal(w.letters.length, stopped + 1, "one of the partition that was kept");
  await w.clock.advance(60_000);
  assert.equal(w.letters.length, stopped + 2, "the next one a minute later");
});

test("the group goes on at once when its handler takes an event again, and nothing was lost meanwhile", async () => {
  const w = world([handler("h")], limits);
  let well = false;
  w.tasks.answer = () => Promise.resolve(well ? delivered : refused);
  w.dispatcher.accept(facts(20));
  await w.clock.advance(10_000);
  well = true;
  const stopped = w.letters.length;
  await w.clock.advance(30_000);
  assert.deepEqual(w.journal.releases, ["h"]);
  assert.equal(w.journal.ends.length, 20);
  assert.equal(w.letters.length, stopped);
  assert.equal(w.dispatcher.stats().braked, false);
  assert.equal(w.source.committed(), 20);
});

test("dead letters among deliveries do not stop a group, nor those of one handler another one's deliveries between", async () => {
  const w = world([handler("h")], limits);
  w.tasks.answer = ({ offset }) => Promise.resolve(offset % 5 === 4 ? delivered : refused);
  w.dispatcher.accept(facts(40));
  await w.clock.advance(10_000);
  assert.deepEqual(w.journal.brakes, []);
  assert.equal(w.journal.ends.length, 40);

  const two = world([handler("good", { priority: 1 }), handler("bad", { priority: 2 })], limits);
  two.tasks.answer = (call) => Promise.resolve(call.handler === "good" ? delivered : refused);
  two.dispatcher.accept(facts(40));
  await two.clock.advance(10_000);
  assert.deepEqual(two.journal.brakes, [["bad", 5]]);
});

test("records that nobody can read stop a group too, and any delivery lets it go on", async () => {
  const w = world([handler("h")], limits);
  w.dispatcher.accept(Array.from({ length: 10 }, (_, at) => record(at, { key: `k${at}`, value: "poison" })));
  await w.clock.advance(1000);
  assert.deepEqual(w.journal.brakes, [[null, 5]]);
  w.dispatcher.accept([record(10, { key: "good", partition: 1 })]);
  await w.clock.advance(1_200_000);
  assert.equal(w.journal.ends.length, 11);
  assert.deepEqual(w.journal.releases, [null]);
});

test("a fact that waits behind the brake is reported, and draining does not wait for it", async () => {
  const w = world([handler("h")], { ...limits, brakeWaitMs: 600_000, stalledMs: 60_000 });
  w.tasks.answer = () => Promise.resolve(refused);
  w.dispatcher.accept(facts(20));
  await w.clock.advance(100_000);
  assert.equal(w.journal.stalls[0]?.[1], "brake");
  const { committed, unsettled } = await w.clock.until(w.dispatcher.drain(1000));
  assert.equal(committed, true);
  assert.ok(unsettled >= 14);
  assert.equal(w.clock.pendingTimers, 0);
});
