import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ServerProcess } from "../../src/dev-stack/server-process.ts";
import { openStack, type Stack } from "../../src/dev-stack/stack.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { asked, told } from "../support/handlers.ts";
import { Ledger } from "../support/ledger.ts";
import { Sink } from "../support/sink.ts";

/** The broker and the registry go away and come back, under a running bridge and a running core: all recovers by itself. */

let stack: Stack;
let servers: { readonly broker: ServerProcess; readonly registry: ServerProcess };
let sink: Sink;

before(
  async () => {
    stack = await openStack({ name: `outages-${process.pid}`, kind: "maven" });
    assert.ok(stack.servers !== null);
    ({ servers } = stack);
    sink = await Sink.open();
    sink.on("/asked", () => ({ status: 204 }));
  },
  { timeout: 120_000 },
);

after(async () => {
  await sink.close();
  await stack.stop();
});

const handlers = (url: string) => [
  told({ id: "crm", events: ["clients.update", "clients.archive"], url: sink.url(url) }),
  asked({ id: "asked", events: ["clients.update"], url: sink.url("/asked") }),
];

test("the registry is away when the bridge starts, and again when a schema comes that it has not seen: facts wait", async () => {
  const topics = await FreshTopics.open({ servers: stack.addresses });
  const core = await topics.core({ onSilence: "allow", skipWithoutHandlers: false });
  await servers.registry.stop();
  const bridge = new BridgeProcess({ env: topics.env, handlers: handlers("/registry") });
  try {
    await bridge.line("it waits for the registry", ({ msg }) => msg === "waiting for the schema registry", 30_000);
    await servers.registry.start();
    await bridge.untilReady();

    const ledger = new Ledger();
    ledger.sent("1", await core.publish({ id: "clients.update", data: { id: 1, name: "seen" } }));
    await eventually("it is delivered", () => ledger.complete(sink.at("/registry")), 20_000);
    const asking = async () => (await core.request({ id: "clients.update", data: { id: 2, name: "x" } })).decidedBy;
    await eventually("requests are answered", async () => (await asking()) === "handler", 20_000);
    await servers.registry.stop();
    // This one is of a schema that the bridge never had to read.
    ledger.sent("1", await core.publish({ id: "clients.archive", data: { id: 1 } }));
    ledger.sent("1", await core.publish({ id: "clients.update", data: { id: 1, name: "behind it" } }));
    await bridge.line("the fact waits", ({ msg }) => msg === "the registry is away: the fact waits");
    assert.ok((await bridge.counter("registry_waits_total", { group: "crm" })) >= 1);
    // Other clients' facts do not wait, and what is asked is answered: their schema is known.
    const others = new Ledger();
    for (let id = 2; id <= 10; id++)
      others.sent(String(id), await core.publish({ id: "clients.update", data: { id, name: "another" } }));
    await eventually("others are delivered", () => others.complete(sink.at("/registry")), 20_000);
    assert.equal(await asking(), "handler");
    // A request whose schema cannot be had (nobody is asked about these, so that it was not looked up at start) is said to be unreadable, and the core's onSilence decides in time.
    const unreadable = await core.request({ id: "clients.delete", data: { id: 2 } }, { onSilence: "forbid" });
    assert.deepEqual([unreadable.decision, unreadable.decidedBy], ["forbid", "unreadable"]);
    assert.equal(ledger.complete(sink.at("/registry")), false);
    await servers.registry.start();
    await eventually("both are delivered", () => ledger.complete(sink.at("/registry")), 60_000);
    ledger.check(sink.at("/registry"), 0);
    assert.equal(await bridge.counter("dead_letters_total"), 0);
  } finally {
    await bridge.kill();
    await topics.close();
  }
});

test("the broker restarts under load: no acknowledged fact is lost, and a request never takes longer than its deadline", async () => {
  const topics = await FreshTopics.open({ servers: stack.addresses });
  const core = await topics.core({ onSilence: "forbid", events: ["clients.update"], publishTimeoutMs: 60_000 });
  const bridge = await BridgeProcess.ready({ env: topics.env, handlers: handlers("/broker") });
  try {
    const ledger = new Ledger();
    const deadlineMs = 700;
    let slowestMs = 0;
    const outage = async (): Promise<void> => {
      await servers.broker.stop();
      const askedMs = performance.now();
      const { decidedBy } = await core.request({ id: "clients.update", data: { id: 7, name: "x" } }, { deadlineMs });
      slowestMs = performance.now() - askedMs;
      assert.match(decidedBy, /^(silence|core-breaker)$/);
      await servers.broker.start();
    };
    let outages: Promise<void> | null = null;
    for (let number = 0; number < 300; number++) {
      const id = 1 + (number % 20);
      ledger.sent(String(id), await core.publish({ id: "clients.update", data: { id, name: `number ${number}` } }));
      if (number === 150) outages = outage();
    }
    await outages;
    assert.ok(slowestMs < deadlineMs + 150, `a request took ${slowestMs} ms`);
    await eventually("everything is delivered", () => ledger.complete(sink.at("/broker")), 90_000);
    ledger.check(sink.at("/broker"), 0.5);
    await eventually(
      "requests are answered again, by the same client and bridge",
      async () => (await core.request({ id: "clients.update", data: { id: 7, name: "x" } })).decidedBy === "handler",
      60_000,
    );
    const group = topics.afterGroup("crm");
    await eventually("everything is committed", () => ledger.committedToTheEnd(topics, group), 30_000);
    assert.equal(await bridge.terminate(), 0);
  } finally {
    await bridge.kill();
    await topics.close();
  }
});
