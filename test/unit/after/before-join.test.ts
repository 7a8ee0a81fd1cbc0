import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttemptOutcome } from "../../../src/after/ports.ts";
import { settled } from "../../support/fake-clock.ts";
import { delivered, handler, record, topic, world } from "./world.ts";

/** What a group does when a join is due that may take its partitions away. */

const both = [
  { topic, partition: 0 },
  { topic, partition: 1 },
];

test("before a join no turn begins, those under way end, and what is settled is committed; then the rest goes on", async () => {
  const w = world([handler("h")], { concurrency: 2 });
  w.dispatcher.assigned(both);
  const answers: ((outcome: AttemptOutcome) => void)[] = [];
  w.tasks.answer = () => new Promise((resolve) => answers.push(resolve));
  w.dispatcher.accept([record(0, { key: "a" }), record(1, { key: "b" }), record(2, { key: "c" })]);
  await settled();
  assert.equal(w.tasks.calls.length, 2);

  let isOver = false;
  void w.dispatcher.beforeJoin(3000).then(() => {
    isOver = true;
  });
  answers[0]?.(delivered);
  await settled();
  assert.deepEqual([w.tasks.calls.length, isOver], [2, false], "the other is waited for, and no third begins");
  answers[1]?.(delivered);
  await settled();
  assert.deepEqual([w.tasks.calls.length, isOver], [2, true]);
  assert.equal(w.source.committed(0), 2, "without waiting for the timer");

  w.dispatcher.assigned(both);
  await settled();
  assert.equal(w.tasks.calls.length, 3);
});

test("a turn that does not end keeps neither the join nor the commit of what is settled, and goes on", async () => {
  const w = world([handler("h")]);
  w.dispatcher.assigned(both);
  w.tasks.answer = ({ key }) => (key === "hangs" ? new Promise(() => undefined) : Promise.resolve(delivered));
  w.dispatcher.accept([record(0, { key: "a" }), record(1, { key: "hangs" })]);
  await settled();
  let isOver = false;
  void w.dispatcher.beforeJoin(3000).then(() => {
    isOver = true;
  });
  await w.clock.advance(1999);
  assert.equal(isOver, false);
  await w.clock.advance(1);
  await settled();
  assert.equal(isOver, true);
  assert.equal(w.source.committed(0), 1);
});

test("a join that does not come holds nobody up for ever", async () => {
  const w = world([handler("h")]);
  w.dispatcher.assigned(both);
  await w.dispatcher.beforeJoin(3000);
  w.dispatcher.accept([record(0)]);
  await settled();
  assert.equal(w.tasks.calls.length, 0);
  await w.clock.advance(6000);
  assert.equal(w.tasks.calls.length, 1);
});

test("before a join that comes while the group drains, the drain is waited for", async () => {
  const w = world([handler("h")]);
  w.dispatcher.assigned(both);
  let answer: (outcome: AttemptOutcome) => void = () => undefined;
  w.tasks.answer = () => new Promise((resolve) => (answer = resolve));
  w.dispatcher.accept([record(0)]);
  await settled();
  const drained = w.dispatcher.drain(10_000);
  let isOver = false;
  void w.dispatcher.beforeJoin(3000).then(() => {
    isOver = true;
  });
  await settled();
  assert.equal(isOver, false);
  answer(delivered);
  await settled();
  assert.equal(isOver, true);
  assert.equal((await drained).unsettled, 0);
});
