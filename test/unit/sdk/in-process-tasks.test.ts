import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttemptOutcome } from "../../../src/after/ports.ts";
import { BridgeError } from "../../../src/errors.ts";
import { dispositionOf } from "../../../src/model/disposition.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import type { TaskCall } from "../../../src/model/task-call.ts";
import { type Delivery, NotTaken, PermanentFailure } from "../../../src/sdk/delivery.ts";
import { InProcessTasks, type Work } from "../../../src/sdk/in-process-tasks.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { eventOf, handler, record } from "../after/world.ts";

const task = handler("crm");
const never = new AbortController().signal;

function call(offset = 0, key: string | null = "7"): TaskCall {
  const event = { ...eventOf(record(offset)), data: { id: 7, tags: ["a"] } };
  return { event, key, deliveryId: `d${offset}`, attempt: 1, sequence: `billing.clients/0/${offset}`, timeoutMs: 1000 };
}

function world(work: Work, concurrency = 2) {
  const clock = new FakeClock();
  const tasks = new InProcessTasks({ work, concurrency, overdueMs: 60_000, clock, logger: silentLogger });
  return { clock, tasks };
}

/** A function that begins and ends when the test says. */
function held() {
  const calls: { readonly delivery: Delivery; readonly end: () => void }[] = [];
  const work: Work = (delivery, begin) => {
    begin();
    return new Promise((resolve) => void calls.push({ delivery, end: () => resolve() }));
  };
  return { calls, work };
}

/** What follows, by the one table. */
function follows(outcome: AttemptOutcome): string {
  if (outcome.kind === "delivered") return "delivered";
  const disposition = dispositionOf(outcome.failure);
  if (disposition.kind === "dead-letter") return `dead letter: ${disposition.code}`;
  return disposition.kind === "retry" && !disposition.spends ? "waits" : disposition.kind;
}

for (const [name, thrown, expected, detail] of [
  ["an error", new Error("busy"), "retry", /^Error: busy$/],
  ["a permanent failure", new PermanentFailure("no such client"), "dead letter: rejected", /no such client/],
  ["text", "busy", "retry", /^busy$/],
  ["nothing", undefined, "retry", /^undefined$/],
  ["what cannot be shown", Object.create(null), "retry", /cannot be shown/],
  ["a text without end", new Error("x".repeat(1e6)), "retry", /^.{1000}$/],
  ["what was never given", new NotTaken("nobody read it"), "waits", /nobody read it/],
] as const) {
  test(`a function that throws ${name}: ${expected}`, async () => {
    const { clock, tasks } = world((_delivery, begin) => {
      begin();
      throw thrown;
    });
    const outcome = await tasks.deliver(task, call(), never);
    assert.equal(follows(outcome), expected);
    assert.match(outcome.kind === "failure" ? outcome.failure.detail : "", detail);
    assert.deepEqual([tasks.running, clock.pendingTimers], [0, 0]);
  });
}

test("a function that resolves has delivered, and no timer is left", async () => {
  const { clock, tasks } = world(() => Promise.resolve());
  assert.equal(follows(await tasks.deliver(task, call(), never)), "delivered");
  assert.deepEqual([tasks.running, clock.pendingTimers], [0, 0]);
});

test("a delivery is frozen all through, so that no attempt sees what an earlier one changed", () => {
  const { calls, work } = held();
  const { tasks } = world(work);
  void tasks.deliver(task, call(), never);
  const data = calls[0]?.delivery.event.data as { id: number; tags: string[] };
  assert.throws(() => (data.id = 8), TypeError);
  assert.throws(() => data.tags.push("b"), TypeError);
});

test("an attempt that outlives its time has failed, hears so, and keeps its key until it ends", async () => {
  const { calls, work } = held();
  const { clock, tasks } = world(work);
  const first = tasks.deliver(task, call(0), never);
  await clock.advance(1000);
  assert.equal(follows(await first), "retry");
  const [{ delivery, end } = assert.fail()] = calls;
  assert.ok(delivery.signal.reason instanceof BridgeError && delivery.signal.reason.code === "TIMED_OUT");
  assert.equal(tasks.overdue, 1);

  assert.equal(follows(await tasks.deliver(task, call(0), never)), "waits");
  assert.equal(follows(await tasks.deliver(task, call(1), never)), "waits");
  void tasks.deliver(task, call(2, "8"), never);
  assert.equal(calls.length, 2, "another key goes on");

  end();
  await clock.advance(0);
  assert.equal(tasks.overdue, 0);
  void tasks.deliver(task, call(0), never);
  assert.equal(calls.length, 3);
});

test("a key goes on without an attempt that never ends, and the end of that one frees nothing that is not its own", async () => {
  const { calls, work } = held();
  const { clock, tasks } = world(work);
  void tasks.deliver(task, call(), never);
  await clock.advance(59_999);
  assert.equal(follows(await tasks.deliver(task, call(), never)), "waits");
  await clock.advance(1);
  void tasks.deliver(task, call(), never);
  assert.equal(calls.length, 2);
  calls[0]?.end();
  await clock.advance(0);
  assert.equal(tasks.running, 1);
  assert.equal(follows(await tasks.deliver(task, call(), never)), "waits");
});

test("attempts that never end take no more than twice the places", async () => {
  const { calls, work } = held();
  const { clock, tasks } = world(work, 2);
  for (let key = 0; key < 4; key++) void tasks.deliver(task, call(key, String(key)), never);
  await clock.advance(1000);
  assert.equal(follows(await tasks.deliver(task, call(4, "4"), never)), "waits");
  assert.deepEqual([calls.length, tasks.overdue], [4, 4]);
});

test("whoever stops an attempt ends it at once, and its function hears so", async () => {
  const { calls, work } = held();
  const { clock, tasks } = world(work);
  const stop = new AbortController();
  const outcome = tasks.deliver(task, call(), stop.signal);
  stop.abort();
  assert.equal(follows(await outcome), "waits");
  const reason: unknown = calls[0]?.delivery.signal.reason;
  assert.ok(reason instanceof BridgeError && reason.code === "CLOSED");
  assert.equal(clock.pendingTimers, 0);
  assert.equal(follows(await tasks.deliver(task, call(9, "9"), stop.signal)), "waits");
  assert.equal(calls.length, 1);
});

test("the time of an attempt runs from when it begins", async () => {
  const { clock, tasks } = world(() => new Promise(() => undefined));
  void tasks.deliver(task, call(), never);
  await clock.advance(1_000_000);
  assert.deepEqual([tasks.running, tasks.overdue, clock.pendingTimers], [1, 0, 0]);
});
