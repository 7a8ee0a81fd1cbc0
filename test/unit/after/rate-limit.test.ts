import assert from "node:assert/strict";
import { test } from "node:test";
import type { AfterHandler } from "../../../src/model/handler.ts";
import { createEgress } from "../../../src/tasks/egress.ts";
import { guardTasks } from "../../../src/tasks/guarded.ts";
import type { UnguardedTasks } from "../../../src/tasks/runner.ts";
import { delivered, handler, record, world } from "./world.ts";

/** A world whose deliveries pass the guard of the bridge; what it lets through ends well. */
function limitedWorld(handlers: readonly AfterHandler[]) {
  const w = world(handlers, { concurrency: 4 });
  const made: { readonly handler: string; readonly offset: number; readonly atMs: number }[] = [];
  const inner: UnguardedTasks = {
    egress: createEgress([]),
    ask: () => Promise.reject(new Error("not asked")),
    deliver: (to, call) => {
      const offset = Number(call.sequence.split("/").at(-1));
      made.push({ handler: to.id, offset, atMs: w.clock.monotonicMs() });
      return Promise.resolve(delivered);
    },
    forget: () => undefined,
    close: () => Promise.resolve(),
  };
  const { clock } = w;
  const guard = guardTasks({
    ...{ tasks: inner, pool: "after", handlers, clock },
    random: () => 0.5,
    observer: () => undefined,
  });
  w.tasks.answer = (call, signal) => {
    const to = handlers.find(({ id }) => id === call.handler);
    assert.ok(to);
    return guard.deliver(to, call.call, signal);
  };
  return { w, made, startMs: clock.monotonicMs() };
}

test("a handler past its rate gets each event in its turn, spends no attempt on waiting, and leaves the slots to others", async () => {
  const slow = handler("slow", {
    rateLimit: { perSecond: 1, burst: 1 },
    retry: { ...handler("x").retry, jitter: 0.2 },
  });
  const quick = handler("quick", { events: ["clients.create"] });
  const { w, made, startMs } = limitedWorld([slow, quick]);
  // Ten clients for one turn a second, with four slots; then one of the other handler.
  w.dispatcher.accept(Array.from({ length: 10 }, (_, offset) => record(offset, { key: `k${offset}` })));
  w.dispatcher.accept([record(10, { key: "other", type: "clients.create" })]);
  await w.clock.advance(1);
  assert.deepEqual(
    made.map(({ handler: id, offset }) => [id, offset]),
    [
      ["slow", 0],
      ["quick", 10],
    ],
  );
  await w.clock.advance(9500);
  const turns = made.filter(({ handler: id }) => id === "slow");
  assert.deepEqual(
    turns.map(({ offset, atMs }) => [offset, atMs - startMs]),
    Array.from({ length: 10 }, (_, offset) => [offset, offset * 1000]),
    "in the order in which they came, one a second, none late by a spread wait",
  );
  assert.ok(w.tasks.calls.every(({ call }) => call.attempt === 1));
  assert.equal(w.journal.ends.length, 11);
  assert.deepEqual(w.letters, []);
});

test("events of one client stay in order behind a rate limit, and no client waits for ever behind others' new events", async () => {
  const slow = handler("slow", { rateLimit: { perSecond: 10, burst: 2 } });
  const { w, made } = limitedWorld([slow]);
  let offset = 0;
  const arrive = (key: string): void => w.dispatcher.accept([record(offset++, { key })]);
  for (let round = 0; round < 50; round++)
    for (const key of ["busy", "busy", "calm"]) if (key === "busy" || round < 5) arrive(key);
  await w.clock.advance(3000);
  const calm = w.journal.ends.filter(([at]) => at < 15 && at % 3 === 2);
  assert.equal(calm.length, 5, "five of its own, in turn with a hundred of the other");
  await w.clock.advance(20_000);
  assert.equal(made.length, offset);
  const busy = made.map((one) => one.offset).filter((at) => at >= 15 || at % 3 !== 2);
  assert.deepEqual(
    busy,
    busy.toSorted((left, right) => left - right),
  );
});
