import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { BillingClient } from "../../src/sdk/client-options.ts";
import { BridgeProcess, type BridgeProcessOptions } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { asked, told } from "../support/handlers.ts";
import { Ledger } from "../support/ledger.ts";
import { Sink } from "../support/sink.ts";

/** Two bridges on the same topics, as operations run them, and what happens to the facts when one of them is gone. */

const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const events = 600;
const keys = 50;

async function publishAll(
  core: BillingClient,
  ledger: Ledger,
  onEach: (number: number) => Promise<void> | void,
): Promise<void> {
  for (let number = 0; number < events; number++) {
    const id = 1 + (number % keys);
    ledger.sent(String(id), await core.publish({ id: "clients.update", data: { id, name: `number ${number}` } }));
    await onEach(number);
  }
}

async function scene(): Promise<{
  topics: FreshTopics;
  sink: Sink;
  start: () => Promise<BridgeProcess>;
  core: BillingClient;
}> {
  const sink = await Sink.open();
  undo.push(() => sink.close());
  // A handler that takes its time, so that a kill always hits deliveries under way, and is busy now and then.
  sink.on("/crm", async ({ number }) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { status: number % 20 === 0 ? 503 : 200 };
  });
  sink.on("/asked", () => ({ status: 204 }));
  const topics = await FreshTopics.open({ partitions: 6 });
  undo.push(() => topics.close());
  const options: BridgeProcessOptions = {
    env: { ...topics.env, LOG_LEVEL: "info" },
    handlers: [
      told({ id: "crm", events: ["clients.update"], url: sink.url("/crm") }),
      asked({ id: "asked", events: ["clients.update"], url: sink.url("/asked") }),
    ],
  };
  const start = async (): Promise<BridgeProcess> => {
    const bridge = await BridgeProcess.ready(options);
    undo.push(() => bridge.kill());
    return bridge;
  };
  const core = await topics.core({ onSilence: "forbid", events: ["clients.update"] });
  return { topics, sink, start, core };
}

async function spread(topics: FreshTopics): Promise<void> {
  const group = topics.afterGroup("crm");
  await eventually("both have joined", async () => (await topics.members(group)) === 2, 30_000);
}

test("one of two instances is killed: no fact is lost, each client's order is kept, and requests are answered again", async () => {
  const { topics, sink, start, core } = await scene();
  const [first, second] = await Promise.all([start(), start()]);
  await spread(topics);
  const ledger = new Ledger();
  await publishAll(core, ledger, async (number) => {
    if (number === events / 2) await first.kill();
  });
  await eventually("everything is delivered", () => ledger.complete(sink.at("/crm")), 60_000);
  // What was under way or not committed yet when it was killed comes again: a commit each 200 ms.
  ledger.check(sink.at("/crm"), 0.3);
  const group = topics.afterGroup("crm");
  await eventually("everything is committed", () => ledger.committedToTheEnd(topics, group), 20_000);
  const isAnswered = async (): Promise<boolean> => {
    const { decidedBy, ms } = await core.request(
      { id: "clients.update", data: { id: 7, name: "x" } },
      { deadlineMs: 1000 },
    );
    assert.ok(ms <= 1250, `a request took ${ms} ms`);
    return decidedBy === "handler";
  };
  await eventually("requests are answered by the one that is left", isAnswered, 30_000);
  assert.equal(second.alive, true);
});

test("one of two instances stops as planned: nothing is lost, nothing comes twice, no request misses its deadline", async () => {
  const { topics, sink, start, core } = await scene();
  const [first] = await Promise.all([start(), start()]);
  await spread(topics);
  const ledger = new Ledger();
  const stops: Promise<number | string>[] = [];
  const verdicts: string[] = [];
  await publishAll(core, ledger, async (number) => {
    if (number === events / 2) stops.push(first.terminate());
    if (number % 20 === 0)
      verdicts.push((await core.request({ id: "clients.update", data: { id: 7, name: "x" } })).decidedBy);
  });
  assert.deepEqual(await Promise.all(stops), [0]);
  await eventually("everything is delivered", () => ledger.complete(sink.at("/crm")), 60_000);
  ledger.check(sink.at("/crm"), 0);
  assert.deepEqual([...new Set(verdicts)], ["handler"]);
});
