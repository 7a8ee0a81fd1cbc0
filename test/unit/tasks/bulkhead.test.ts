import assert from "node:assert/strict";
import { test } from "node:test";
import { Bulkhead } from "../../../src/tasks/bulkhead.ts";
import { CallTime } from "../../../src/tasks/call-time.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const never = new AbortController().signal;

test("past the places calls wait in order, past the queue they are turned away", async () => {
  const clock = new FakeClock();
  const bulkhead = new Bulkhead(1, 2);
  const time = new CallTime(clock, 1000, never);
  const first = await bulkhead.enter(time);
  assert.ok(first.kind === "entered");
  const order: string[] = [];
  const second = bulkhead.enter(time).then((entry) => (order.push("second"), entry));
  const third = bulkhead.enter(time).then((entry) => (order.push("third"), entry));
  assert.equal((await bulkhead.enter(time)).kind, "full");
  first.leave();
  first.leave();
  const entered = await second;
  assert.deepEqual(order, ["second"], "leaving twice frees one place");
  assert.ok(entered.kind === "entered");
  entered.leave();
  assert.equal((await third).kind, "entered");
  time.release();
});

test("a caller whose own clock ends the call at the same moment ends it at its deadline, not because nobody needs it", () => {
  const clock = new FakeClock();
  const caller = new AbortController();
  const time = new CallTime(clock, 100, caller.signal);
  const ends: string[] = [];
  time.onOver((over) => ends.push(over));
  caller.abort(new DOMException("no answer within 100 ms", "TimeoutError"));
  assert.deepEqual(ends, ["deadline"]);
  const late = new CallTime(clock, 100, caller.signal);
  assert.equal(late.over, "deadline");
});

test("who waits past its time gives its place in the queue back", async () => {
  const clock = new FakeClock();
  const bulkhead = new Bulkhead(1, 1);
  const long = new CallTime(clock, 1000, never);
  const first = await bulkhead.enter(long);
  assert.ok(first.kind === "entered");
  const waiting = bulkhead.enter(new CallTime(clock, 50, never));
  await clock.advance(50);
  assert.equal((await waiting).kind, "over");
  const next = bulkhead.enter(long);
  first.leave();
  assert.equal((await next).kind, "entered");
  long.release();
});

test("a call's time ends at its deadline, at its caller's signal or not at all once released", async () => {
  const clock = new FakeClock();
  const caller = new AbortController();
  const ends: string[] = [];
  const byDeadline = new CallTime(clock, 100, never);
  const bySignal = new CallTime(clock, 100, caller.signal);
  const released = new CallTime(clock, 100, never);
  byDeadline.onOver((over) => ends.push(`first ${over}`));
  bySignal.onOver((over) => ends.push(`second ${over}`));
  released.onOver((over) => ends.push(`third ${over}`));
  released.release();
  caller.abort();
  await clock.advance(99);
  assert.deepEqual(ends, ["second cancelled"]);
  assert.equal(byDeadline.remainingMs(), 1);
  await clock.advance(1);
  assert.deepEqual(ends, ["second cancelled", "first deadline"]);
  assert.deepEqual(await byDeadline.within(new Promise(() => undefined)), { kind: "over", over: "deadline" });
});

test("a call that starts with an aborted signal or without time is over at once", () => {
  const clock = new FakeClock();
  assert.equal(new CallTime(clock, 100, AbortSignal.abort()).over, "cancelled");
  assert.equal(new CallTime(clock, 0, never).over, "deadline");
});

test("with more places those that wait enter, with fewer nobody does before so many have left", async () => {
  const clock = new FakeClock();
  const bulkhead = new Bulkhead(1, 5);
  const time = new CallTime(clock, 1000, never);
  const enter = async () => {
    const entry = await bulkhead.enter(time);
    assert.ok(entry.kind === "entered");
    return entry;
  };
  const first = await enter();
  const waiting = [enter(), enter()];
  bulkhead.resize(3);
  const others = await Promise.all(waiting);
  assert.equal(bulkhead.taken, 3);
  bulkhead.resize(1);
  const last = enter();
  first.leave();
  others[0]?.leave();
  assert.equal(bulkhead.waiting, 1);
  assert.equal(bulkhead.tryEnter(), null);
  others[1]?.leave();
  (await last).leave();
  assert.equal(bulkhead.taken, 0);
  time.release();
});
