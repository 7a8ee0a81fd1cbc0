import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { BillingClient } from "../../src/sdk/client-options.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { asked, told } from "../support/handlers.ts";
import { answer, Sink } from "../support/sink.ts";

const undo: (() => Promise<unknown>)[] = [];
let topics: FreshTopics;
let sink: Sink;
let bridge: BridgeProcess;
let core: BillingClient;

before(async () => {
  sink = await Sink.open();
  undo.push(() => sink.close());
  topics = await FreshTopics.open();
  undo.push(() => topics.close());
  core = await topics.core({ onSilence: "forbid" });
  const allowing = () => answer({ decision: "allow" });
  sink.on("/sick", () => "hang");
  sink.on("/well", allowing);
  sink.on("/shadow", () => "hang");
  sink.on("/told", () => ({ status: 503 }));
  bridge = await BridgeProcess.ready({
    env: topics.env,
    handlers: [
      // A mutator has its turn to itself: nothing else counts in its time.
      asked({
        ...{ id: "sick", events: ["clients.update"], url: sink.url("/sick") },
        ...{ timeoutMs: 100, mayChange: ["name"] },
      }),
      asked({ id: "well", events: ["clients.update"], url: sink.url("/well") }),
      asked({ id: "beside", events: ["clients.archive"], url: sink.url("/well") }),
      asked({
        ...{ id: "hanging", mode: "shadow", timeoutMs: 2000 },
        ...{ events: ["clients.archive"], url: sink.url("/shadow") },
      }),
      told({ id: "told", events: ["clients.update"], url: sink.url("/told") }),
    ],
  });
  undo.push(() => bridge.kill());
});

after(async () => {
  for (const step of undo.reverse()) await step();
});

/** Outcome and time of one handler in the verdict of a request. */
async function askAbout(handler: string) {
  const verdict = await core.request({ id: "clients.update", data: { id: 12, name: "n" } }, { deadlineMs: 1500 });
  const own = verdict.handlers.find(({ id }) => id === handler);
  assert.ok(own !== undefined, JSON.stringify(verdict));
  return own;
}

const state = (handler: string, stage: string) => bridge.counter("breaker_state", { handler, stage });

test("a handler that hangs opens its breaker, costs under a millisecond from then on, and is asked again when it is back", async () => {
  for (let request = 0; request < 5; request++) assert.equal((await askAbout("sick")).outcome, "timeout");
  await bridge.line(
    "opened",
    ({ msg, handler, to }) => msg === "breaker turned" && handler === "sick" && to === "open",
  );
  const calls = sink.at("/sick").length;
  const times: number[] = [];
  for (let request = 0; request < 20; request++) {
    const { outcome, ms } = await askAbout("sick");
    assert.equal(outcome, "breaker-open");
    times.push(ms);
  }
  // Whole milliseconds; a machine that is busy with other tests may pause anything now and then.
  assert.ok(times.filter((ms) => ms < 1).length > 10, `${times.join(", ")} ms`);
  assert.equal(sink.at("/sick").length, calls, "nothing is called");
  assert.equal((await askAbout("well")).outcome, "allow", "the other handler of the event is asked all the time");
  assert.deepEqual([await state("sick", "before"), await state("well", "before")], [2, 0]);
  sink.on("/sick", () => answer({ decision: "allow" }));
  await eventually("it is asked again", async () => (await askAbout("sick")).outcome === "allow", 5000);
  for (let request = 0; request < 4; request++) assert.equal((await askAbout("sick")).outcome, "allow");
  assert.equal(await state("sick", "before"), 0);
  assert.equal(await bridge.counter("breaker_opens_total", { handler: "sick" }), 1);
  const turns = bridge.said("breaker turned").filter(({ handler }) => handler === "sick");
  assert.deepEqual(
    turns.map(({ to }) => to),
    ["open", "half-open", "closed"],
  );
});

test("a handler told of facts is left alone while it is down, no attempt is spent meanwhile, and all of it arrives after", async () => {
  const keys = Array.from({ length: 40 }, (_, index) => 1000 + index);
  await Promise.all(keys.map((id) => core.publish({ id: "clients.update", data: { id, name: `n${id}` } })));
  await eventually("the breaker opens", async () => (await state("told", "after")) === 2);
  await sleep(1000);
  const calls = sink.at("/told").length;
  const waits = await bridge.counter("handler_outcomes_total", { handler: "told", outcome: "breaker-open" });
  await sleep(500);
  const more = (await bridge.counter("handler_outcomes_total", { handler: "told", outcome: "breaker-open" })) - waits;
  assert.ok(sink.at("/told").length <= calls + 2, "no more than a probe");
  assert.ok(more <= 3 * keys.length, `${more} waits of ${keys.length} lanes in half a second: they do not spin`);
  const done = new Set<unknown>();
  sink.on("/told", ({ body }) => {
    done.add(body.data["id"]);
    return { status: 200 };
  });
  await eventually("every fact arrives", () => keys.every((id) => done.has(id)), 20_000);
  assert.equal(await state("told", "after"), 0);
  assert.equal(await bridge.counter("dead_letters_total", { handler: "told" }), 0);
});

test("a shadow that hangs changes no verdict's time and is counted as failed", async () => {
  const time = async (ask: () => Promise<{ readonly ms: number; readonly decidedBy: string }>) => {
    const times: number[] = [];
    for (let request = 0; request < 40; request++) {
      const { decidedBy, ms } = await ask();
      assert.equal(decidedBy, "handler");
      times.push(ms);
    }
    times.sort((left, right) => left - right);
    return { median: times[20] ?? 0, worst: times.at(-1) ?? 0 };
  };
  const archive = () => core.request({ id: "clients.archive", data: { id: 12 } }, { deadlineMs: 1500 });
  await archive();
  const beside = await time(archive);
  assert.ok(sink.at("/shadow").length > 0, "it is asked");
  assert.ok(beside.worst < 500, `worst ${beside.worst} ms beside a shadow that hangs for 2000 ms`);
  const failed = () => bridge.counter("shadow_verdicts_total", { handler: "hanging", result: "failed" });
  await eventually("its failures are counted", async () => (await failed()) >= 5);
  await eventually("and open a breaker of its own", async () => (await state("hanging", "shadow")) === 2);
  assert.equal(await state("beside", "before"), 0);
  sink.on("/shadow", () => answer({ decision: "forbid", reason: { code: "no", message: "no" } }));
  await sleep(2500);
  await archive();
  const differs = () =>
    bridge.counter("shadow_verdicts_total", { handler: "hanging", field: "decision", result: "differs" });
  await eventually("what it would have forbidden is counted", async () => (await differs()) === 1);
});

test("a stop does not wait for shadows", async () => {
  sink.on("/shadow", () => "hang");
  await core.request({ id: "clients.archive", data: { id: 12 } }, { deadlineMs: 1500 });
  const hanging = () => sink.at("/shadow").some(({ answered }) => answered === null);
  await eventually("one hangs", hanging);
  const startMs = performance.now();
  assert.equal(await bridge.terminate(), 0);
  assert.ok(performance.now() - startMs < 6000);
});
