import assert from "node:assert/strict";
import { test } from "node:test";
import { delivered, failed, handler, record, topic, world } from "./world.ts";

const dayMs = 24 * 3_600_000;

test("a group without an enabled handler stays a member, fetches nothing, and goes on where it was", async () => {
  const w = world([handler("h")]);
  w.dispatcher.accept([record(0)]);
  await w.clock.advance(1000);
  w.handlers = [handler("h", { status: "disabled" })];
  w.dispatcher.handlersChanged();
  assert.deepEqual([...w.source.paused].sort(), [`${topic}/0`, `${topic}/1`]);
  // What the consumer had already handed over waits.
  w.dispatcher.accept([record(1)]);
  await w.clock.advance(10_000);
  assert.equal(w.tasks.calls.length, 1);
  w.handlers = [handler("h")];
  w.dispatcher.handlersChanged();
  assert.equal(w.source.paused.size, 0);
  await w.clock.advance(1000);
  assert.deepEqual(w.tasks.log, ["h 0.1", "h 1.1"]);
});

test("a partition that is gained while all handlers are disabled is paused from the start", () => {
  const w = world([handler("h", { status: "disabled" })]);
  w.dispatcher.assigned([
    { topic, partition: 0 },
    { topic, partition: 4 },
  ]);
  assert.ok(w.source.paused.has(`${topic}/4`));
});

test("while one of several handlers is disabled the others' events go on", async () => {
  const w = world([handler("on"), handler("off", { status: "disabled", events: ["clients.archive"] })]);
  assert.equal(w.source.paused.size, 0);
  w.dispatcher.accept([record(0, { key: "1", type: "clients.archive" }), record(1, { key: "2" })]);
  await w.clock.advance(1000);
  assert.deepEqual(w.tasks.log, ["on 1.1"]);
  assert.equal(w.dispatcher.stats().heldLanes, 1);
});

test("a group with a disabled handler commits its place daily, so that it does not expire", async () => {
  const w = world([handler("h", { status: "disabled" })]);
  const at = { topic, partition: 0, offset: 70, metadata: "s1.AAUB;p1.1.8.2" };
  // Nothing of it was read by this member, and what is parked is still unknown: it is committed as it was found.
  w.parkedLog.fate = () => "refused";
  w.dispatcher.assigned([]);
  w.dispatcher.assigned([at]);
  await w.clock.advance(dayMs + 1000);
  assert.deepEqual(w.source.commits, [[{ topic, partition: 0, offset: 70, metadata: at.metadata }]]);
  await w.clock.advance(dayMs);
  assert.equal(w.source.commits.length, 2);
  w.handlers = [handler("h")];
  w.dispatcher.handlersChanged();
  await w.clock.advance(3 * dayMs);
  assert.equal(w.source.commits.length, 2);
});

test("what waits for its next attempt is tried when the handlers have changed, as that may be what mends it", async () => {
  const w = world([handler("h")]);
  w.tasks.answer = () => Promise.resolve(failed({ kind: "status", status: 503, detail: "503" }));
  w.dispatcher.accept([record(0, { key: "1" }), record(1, { key: "2" })]);
  await w.clock.advance(60_000);
  const tried = w.tasks.calls.length;
  w.tasks.answer = () => Promise.resolve(delivered);
  w.handlers = [handler("h", { name: "mended" })];
  w.dispatcher.handlersChanged();
  await w.clock.advance(10);
  assert.equal(w.tasks.calls.length, tried + 2);
  await w.clock.advance(1000);
  assert.ok(w.dispatcher.idle());
});

test("what waited for a handler that begins with now is not for it; others of its group get theirs, in order", async () => {
  const nowMs = Date.UTC(2026, 0, 1, 12);
  const off = handler("late", { status: "disabled", priority: 1 });
  const w = world([off, handler("other", { priority: 2 })]);
  w.dispatcher.accept([record(0, { timestampMs: nowMs - 1 })]);
  await w.clock.advance(1000);
  assert.deepEqual(w.tasks.log, []);
  w.handlers = [handler("late", { sinceMs: nowMs, priority: 1 }), handler("other", { priority: 2 })];
  w.dispatcher.handlersChanged();
  w.dispatcher.accept([record(1, { timestampMs: nowMs })]);
  await w.clock.advance(1000);
  assert.deepEqual(w.tasks.log, ["other 0.1", "late 1.1", "other 1.1"]);
  assert.equal(w.source.committed(), 2);
});

test("a record that does not say when it was recorded is for a handler that begins with the start, or at any time", async () => {
  const w = world([
    handler("all", { sinceMs: 0, priority: 1 }),
    handler("late", { sinceMs: Date.UTC(2026, 0, 1), priority: 2 }),
  ]);
  w.dispatcher.accept([record(0, { timestampMs: -1 })]);
  await w.clock.advance(1000);
  assert.deepEqual(w.tasks.log, ["all 0.1", "late 0.1"]);
});
