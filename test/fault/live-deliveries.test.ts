import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BillingClient } from "../../src/sdk/client-options.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { told } from "../support/handlers.ts";
import { Ledger } from "../support/ledger.ts";
import { Operator } from "../support/operator.ts";
import { Sink } from "../support/sink.ts";

/** Deliveries while handlers are created, edited, disabled, enabled, paused and deleted: nothing is lost, order is kept. */

const undo: (() => Promise<unknown>)[] = [];
let topics: FreshTopics;
let sink: Sink;
let operator: Operator;
let core: BillingClient;
let number = 0;

before(async () => {
  sink = await Sink.open();
  undo.push(() => sink.close());
  topics = await FreshTopics.open({ partitions: 4 });
  undo.push(() => topics.close());
  operator = await Operator.open(topics);
  undo.push(() => operator.close());
  core = await topics.core({ onSilence: "allow" });
  const start = () => BridgeProcess.ready({ env: { ...topics.env, LOG_LEVEL: "info" }, stage: "all" });
  for (const bridge of await Promise.all([start(), start()])) undo.push(() => bridge.kill());
});

after(async () => {
  for (const step of undo.reverse()) await step();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Publishes of ten clients until told to stop, some forty a second; how many. */
function load(
  ledger: Ledger,
  id: "clients.update" | "clients.accounts.delete" = "clients.update",
): () => Promise<number> {
  const over = new AbortController();
  const publishing = (async () => {
    for (; !over.signal.aborted; await pause(25)) await publish(ledger, id);
    return ledger.size;
  })();
  return () => {
    over.abort();
    return publishing;
  };
}

async function publish(ledger: Ledger, id: "clients.update" | "clients.accounts.delete"): Promise<void> {
  const client = 1 + (number++ % 10);
  const event =
    id === "clients.update"
      ? ({ id, data: { id: client, name: `n${number}` } } as const)
      : ({ id, data: { id: number, clients_id: client } } as const);
  const published = await core.publish(event);
  ledger.sent(String(client), published);
}

async function delivered(ledger: Ledger, path: string, group: string): Promise<void> {
  await eventually("everything is delivered", () => ledger.complete(sink.at(path)), 60_000);
  await eventually("and committed", () => ledger.committedToTheEnd(topics, topics.afterGroup(group)), 20_000);
}

test("what is published once a handler is written reaches it, although its group is yet to be made", async () => {
  const ledger = new Ledger();
  await operator.put(told({ id: "new", events: ["clients.update"], url: sink.url("/new") }), "create");
  for (let at = 0; at < 40; at++) await publish(ledger, "clients.update");
  await delivered(ledger, "/new", "new");
  ledger.check(sink.at("/new"), 0);
  await operator.remove("new");
  await eventually("nobody is a member", async () => (await topics.members(topics.afterGroup("new"))) === 0, 30_000);
});

test("a new handler may ask for what is kept; a disabled one that begins with now gets nothing of what waited", async () => {
  const old = new Ledger();
  for (let at = 0; at < 20; at++) await publish(old, "clients.update");
  const handler = told({ id: "past", events: ["clients.update"], url: sink.url("/past") });
  await operator.put({ ...handler, since: new Date(Date.now() - 3_600_000).toISOString() }, "create");
  // Other tests' events are kept, too: it gets them as well.
  const got = (ledger: Ledger) => ledger.complete(sink.at("/past"));
  await eventually("it has what was there before", () => got(old), 60_000);
  await eventually("both have joined", async () => (await topics.members(topics.afterGroup("past"))) === 2, 30_000);
  await operator.change("past", { status: "disabled" });
  let waiting = new Ledger();
  await eventually("both have heard that it is disabled", async () => {
    waiting = new Ledger();
    for (let at = 0; at < 20; at++) await publish(waiting, "clients.update");
    await pause(500);
    return waiting.account(sink.at("/past")).attempts === 0;
  });
  await operator.change("past", { status: "enabled", since: new Date().toISOString() });
  const fresh = new Ledger();
  for (let at = 0; at < 20; at++) await publish(fresh, "clients.update");
  await eventually("it has what came since", () => got(fresh), 60_000);
  assert.equal(waiting.account(sink.at("/past")).attempts, 0, "nothing of what waited");
  await eventually("and all is committed", () => fresh.committedToTheEnd(topics, topics.afterGroup("past")), 20_000);
  await operator.remove("past");
});

test("edits, pauses, a disabled and an enabled handler under load cost no event and no order", async () => {
  const ledger = new Ledger();
  const row = told({ id: "busy", events: ["clients.update"], url: sink.url("/busy") });
  await operator.put(row, "create");
  const stop = load(ledger);
  for (let round = 0; round < 12; round++) {
    await pause(250);
    await operator.change("busy", { status: round % 2 === 0 ? "disabled" : "enabled", name: `round ${round}` });
  }
  await operator.store.set({ what: "pause-group", group: "busy", paused: true }, "test", null);
  await pause(600);
  const calls = sink.at("/busy").length;
  await pause(600);
  assert.equal(sink.at("/busy").length, calls, "paused");
  await operator.store.set({ what: "pause-group", group: "busy", paused: false }, "test", null);
  await pause(300);
  await stop();
  await delivered(ledger, "/busy", "busy");
  ledger.check(sink.at("/busy"), 0);
  for (const { headers } of sink.at("/busy")) assert.equal(headers["bridge-attempt"], "1", "no attempt was spent");
});

test("a handler that takes events of one more topic goes on with the old one and begins the new one where it ended", async () => {
  const [before, ledger, accounts] = [new Ledger(), new Ledger(), new Ledger()];
  // Not for it: published before it named them.
  for (let at = 0; at < 20; at++) await publish(before, "clients.accounts.delete");
  await operator.put(told({ id: "wider", events: ["clients.update"], url: sink.url("/wider") }), "create");
  const stop = load(ledger);
  await pause(1500);
  await operator.change("wider", { events: ["clients.update", "clients.accounts.delete"] });
  const stopAccounts = load(accounts, "clients.accounts.delete");
  await pause(4000);
  await Promise.all([stop(), stopAccounts()]);
  await delivered(ledger, "/wider", "wider");
  await delivered(accounts, "/wider", "wider");
  const own = (id: string) => sink.at("/wider").filter(({ body }) => body.event.events_id === id);
  ledger.check(own("clients.update"), 0.2);
  accounts.check(own("clients.accounts.delete"), 0.2);
  assert.ok(own("clients.accounts.delete").length <= accounts.size * 1.2, "nothing of before came");
});

test("a deleted handler that is made again goes on where it left off", async () => {
  const ledger = new Ledger();
  const row = told({ id: "again", events: ["clients.update"], url: sink.url("/again") });
  await operator.put(row, "create");
  for (let at = 0; at < 20; at++) await publish(ledger, "clients.update");
  await delivered(ledger, "/again", "again");
  await operator.remove("again");
  for (let at = 0; at < 20; at++) await publish(ledger, "clients.update");
  await eventually("nobody is a member", async () => (await topics.members(topics.afterGroup("again"))) === 0, 30_000);
  await operator.put(row, "create");
  await delivered(ledger, "/again", "again");
  ledger.check(sink.at("/again"), 0);
});

test("once a handler that failed is mended, what waited for it is tried at once", async () => {
  const ledger = new Ledger();
  sink.on("/sick", () => ({ status: 503 }));
  const retry = { scheduleMs: [0, 600_000] };
  await operator.put(told({ id: "mended", events: ["clients.update"], url: sink.url("/sick"), retry }), "create");
  for (let at = 0; at < 10; at++) await publish(ledger, "clients.update");
  await eventually("each was tried", () => sink.at("/sick").length >= 10, 30_000);
  await operator.change("mended", { task: { http: { url: sink.url("/well") } } });
  await eventually("everything is delivered", () => ledger.complete(sink.at("/well")), 10_000);
});
