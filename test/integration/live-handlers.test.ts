import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openHandlerLogWriter } from "../../src/kafka/records/handler-log-codec.ts";
import type { HandlerDefinition } from "../../src/model/handler-log.ts";
import type { BillingClient } from "../../src/sdk/client-options.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { asked } from "../support/handlers.ts";
import { Operator } from "../support/operator.ts";
import { answer, Sink } from "../support/sink.ts";

/** Handlers and switches that change while two bridges answer requests, and what others put onto the log. */

const undo: (() => Promise<unknown>)[] = [];
let topics: FreshTopics;
let sink: Sink;
let operator: Operator;
let core: BillingClient;
const bridges: BridgeProcess[] = [];

before(async () => {
  sink = await Sink.open();
  undo.push(() => sink.close());
  topics = await FreshTopics.open();
  undo.push(() => topics.close());
  sink.on("/forbid", () => answer({ decision: "forbid", reason: { code: "no", message: "no" } }));
  sink.on("/allow", () => ({ status: 204 }));
  // Both seed the log at the same time.
  const handlers = [guard("allow", 0)];
  const start = () =>
    BridgeProcess.ready({ env: { ...topics.env, HANDLERS_MODE: "topic" }, stage: "before", handlers });
  bridges.push(...(await Promise.all([start(), start()])));
  for (const bridge of bridges) undo.push(() => bridge.kill());
  operator = await Operator.open(topics);
  undo.push(() => operator.close());
  core = await topics.core({ onSilence: "allow", skipWithoutHandlers: false, events: ["clients.archive"] });
});

after(async () => {
  for (const step of undo.reverse()) await step();
});

function guard(path: "allow" | "forbid", round: number): object {
  const url = sink.url(`/${path}`);
  return asked({ id: "guard", name: `round ${round}`, events: ["clients.archive"], url });
}

function ask(): Promise<string> {
  return core
    .request({ id: "clients.archive", data: { id: 1 } })
    .then(({ decision, decidedBy }) => `${decision} ${decidedBy}`);
}

function revisions(): Promise<readonly number[]> {
  return Promise.all(bridges.map((bridge) => bridge.counter("handlers_revision")));
}

test("two bridges that fill an empty log at once fill it once, and both run what it says", async () => {
  assert.equal((await operator.store.history("guard")).length, 1);
  assert.equal(operator.store.all().handlers.get("guard")?.changedBy, "HANDLERS_FILE");
  assert.deepEqual(await revisions(), [operator.store.all().revision, operator.store.all().revision]);
  assert.equal(await ask(), "allow handler");
});

test("a change is active on both bridges within a second of its acknowledgement", async () => {
  const times: number[] = [];
  for (let round = 0; round < 24; round++) {
    const revision = await operator.put(guard(round % 2 === 0 ? "forbid" : "allow", round));
    const writtenMs = performance.now();
    await eventually("both run it", async () => (await revisions()).every((one) => one === revision), 5000);
    times.push(performance.now() - writtenMs);
    for (let at = 0; at < 4; at++) assert.equal(await ask(), round % 2 === 0 ? "forbid handler" : "allow handler");
  }
  const sorted = times.toSorted((left, right) => left - right);
  const [median = NaN, worst = NaN] = [sorted[12], sorted.at(-1)];
  console.log(
    `active on both after ${Math.round(median)} ms in the median, ${Math.round(worst)} ms at worst (probing included)`,
  );
  assert.ok(worst < 1000, `${worst} ms`);
});

test("no request is slow, fails or is decided by half a change while handlers change ten times a second", async () => {
  const over = new AbortController();
  const changing = (async () => {
    for (let round = 0; !over.signal.aborted; round++) {
      await operator.put(guard(round % 2 === 0 ? "forbid" : "allow", round));
      if (round % 3 === 0)
        await operator.put(asked({ id: `other${round}`, events: ["clients.update"], url: sink.url("/allow") }));
    }
  })();
  const slowest: number[] = [];
  const endMs = performance.now() + 5000;
  while (performance.now() < endMs) {
    const startMs = performance.now();
    assert.match(await ask(), /^(allow|forbid) handler$/);
    slowest.push(performance.now() - startMs);
  }
  over.abort();
  await changing;
  assert.ok(Math.max(...slowest) < 1000, `${Math.max(...slowest)} ms`);
});

test("a bypass is on at once, on both, and ends by itself at its time although the log is not touched", async () => {
  const untilMs = Date.now() + 2500;
  await operator.store.set(
    { what: "bypass-before", until: new Date(untilMs).toISOString() },
    "ann",
    "handlers are sick",
  );
  await eventually("nobody is asked", async () => (await ask()) === "allow bypass", 1000);
  const called = sink.calls.length;
  for (let at = 0; at < 6; at++) assert.equal(await ask(), "allow bypass");
  assert.equal(sink.calls.length, called);
  await eventually("they are asked again", async () => (await ask()).endsWith("handler"), 4000);
  assert.ok(Date.now() >= untilMs - 100, "not before its time");
});

test("the log's level is what an operator sets, and what LOG_LEVEL says when it is taken back", async () => {
  await operator.store.set({ what: "log-level", level: "warn" }, "ann", null);
  await operator.store.set({ what: "log-level", level: null }, "ann", null);
  for (const bridge of bridges)
    await bridge.line(
      "the level is back",
      ({ msg, logLevel }) => msg === "the log's level is set" && logLevel === "debug",
    );
});

test("what was forged onto the log never runs, is shown, and the bridges serve on; a new one agrees with them", async () => {
  await operator.put(guard("allow", 100));
  const writer = await openHandlerLogWriter(topics.registry, topics.names.handlers);
  const forge = async (id: string, definition: object | null): Promise<void> => {
    const base = operator.store.all().handlers.get(id)?.revision ?? null;
    const changes = [{ handlerId: id, base, definition: definition as HandlerDefinition | null }];
    const entry = {
      kind: "handlers",
      id: `forged-${id}`,
      action: "update",
      by: "mallory",
      at: "x",
      note: null,
      changes,
    } as const;
    await topics.producer.send({ topic: topics.names.handlers, key: null, value: writer.encode(entry), headers: {} });
  };
  const send = (value: Buffer | null) =>
    topics.producer.send({ topic: topics.names.handlers, key: null, value, headers: {} });
  await send(Buffer.from("garbage"));
  await send(null);
  await send(Buffer.alloc(1_200_000, 0x61));
  const events = ["clients.archive"];
  await forge("script", { ...asked({ id: "script", events }), task: { script: { path: "../../../bin/sh" } } });
  await forge("metadata", asked({ id: "metadata", events, url: "http://169.254.169.254/latest" }));
  await forge("private", asked({ id: "private", events, url: "http://10.9.8.7/" }));
  await forge("slow", asked({ id: "slow", events, url: sink.url("/forbid"), timeoutMs: 2000 }));
  await forge("nonsense", { id: "nonsense", stage: "before", __proto__x: 1, events: "all" });
  // A handler that runs, made one that may not: the version of before goes on.
  await forge("guard", asked({ id: "guard", events, url: "http://10.9.8.7/" }));
  const forged = ["script", "metadata", "private", "slow", "nonsense", "guard"];
  // Not by a revision: whoever is asked for one may have read less than the bridges.
  const notRefused = (): readonly string[] =>
    bridges.flatMap((bridge) => {
      const refused = bridge.said("a handler does not run here as it was written").map(({ handler }) => handler);
      return forged.filter((id) => !refused.includes(id));
    });
  await eventually("both have refused all of it", () => notRefused().length === 0, 5000);
  for (let at = 0; at < 6; at++) assert.equal(await ask(), "allow handler");
  for (const bridge of bridges) {
    assert.equal(await bridge.counter("handler_records_passed_over_total", { reason: "tombstone" }), 1);
    assert.equal(await bridge.counter("handler_records_passed_over_total", { reason: "unreadable" }), 2);
    assert.ok((await bridge.counter("handlers_problems")) >= 7);
    assert.ok(bridge.alive);
  }
  await bridges[0]?.terminate();
  bridges[0] = await BridgeProcess.ready({ env: topics.env, stage: "before" });
  undo.push(() => bridges[0]?.kill() ?? Promise.resolve());
  for (let at = 0; at < 6; at++) assert.equal(await ask(), "allow handler");
  const [one, other] = await revisions();
  assert.equal(one, other);
});
