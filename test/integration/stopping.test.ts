import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { ownCommand } from "../../src/model/own-command.ts";
import { BridgeProcess, type BridgeProcessOptions } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { asked, told } from "../support/handlers.ts";
import { deadPort, Sink } from "../support/sink.ts";

/** How `serve` starts, waits and ends, as a supervisor or a container platform sees it. */

const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function scene(): Promise<{ readonly topics: FreshTopics; readonly sink: Sink }> {
  const sink = await Sink.open();
  undo.push(() => sink.close());
  const topics = await FreshTopics.open();
  undo.push(() => topics.close());
  return { topics, sink };
}

function spawned(options: BridgeProcessOptions): BridgeProcess {
  const bridge = new BridgeProcess(options);
  undo.push(() => bridge.kill());
  return bridge;
}

test("SIGTERM lets what is under way end, commits it, leaves the groups and ends with 0; nothing is delivered twice", async () => {
  const { topics, sink } = await scene();
  const release = Promise.withResolvers<undefined>();
  sink.on("/slow", async () => {
    await release.promise;
    return { status: 200 };
  });
  sink.on("/asked", () => ({ status: 204 }));
  const handlers = [
    told({ id: "slow", events: ["clients.update"], url: sink.url("/slow") }),
    asked({ id: "asked", events: ["clients.update"], url: sink.url("/asked") }),
  ];
  const options = { env: topics.env, handlers };
  const bridge = spawned(options);
  await bridge.untilReady();
  const core = await topics.core({ onSilence: "forbid", events: ["clients.update"] });
  for (const id of [1, 2, 3, 4, 5]) await core.publish({ id: "clients.update", data: { id, name: "under way" } });
  await eventually("all are under way", () => sink.at("/slow").length === 5);

  bridge.signal("SIGTERM");
  await bridge.line("it says that it stops", ({ msg }) => msg === "bridge stopping");
  assert.equal((await bridge.probe("/livez"))?.status, 200);
  const unready = await bridge.probe("/readyz");
  assert.equal(unready?.status, 503);
  assert.match(unready.text, /started/);
  release.resolve(undefined);
  assert.equal(await bridge.exit(), 0);
  assert.equal(bridge.stderr, "");
  assert.equal(bridge.lines.at(-1)?.msg, "bridge stopped");
  // They have left: nobody waits for their sessions to end.
  assert.equal(await topics.members(topics.afterGroup("slow")), 0);
  assert.equal(await topics.members(`${topics.prefix}.before`), 0);

  const second = spawned(options);
  await second.untilReady();
  await core.publish({ id: "clients.update", data: { id: 1, name: "the next" } });
  await eventually("the next is delivered", () =>
    sink.at("/slow").some(({ body }) => body.data["name"] === "the next"),
  );
  assert.equal(sink.at("/slow").length, 6);
  assert.equal((await core.request({ id: "clients.update", data: { id: 1, name: "x" } })).decidedBy, "handler");
});

test("what waits for its next attempt is not waited for: the next instance delivers it, under the same webhook-id", async () => {
  const { topics, sink } = await scene();
  sink.on("/busy", () => ({ status: 503 }));
  const handlers = [
    told({ id: "busy", events: ["clients.update"], url: sink.url("/busy"), retry: { scheduleMs: [0, 600_000] } }),
  ];
  const options: BridgeProcessOptions = { env: topics.env, handlers, stage: "after" };
  const bridge = spawned(options);
  await bridge.untilReady();
  const core = await topics.core({ requests: false, events: ["clients.update"] });
  await core.publish({ id: "clients.update", data: { id: 1, name: "later" } });
  await eventually("the first attempt", () => sink.at("/busy").length === 1);
  assert.equal(await bridge.terminate(), 0);
  sink.on("/busy", () => ({ status: 200 }));
  await spawned(options).untilReady();
  await eventually("it is delivered", () => sink.at("/busy").length === 2);
  const [first, again] = sink.at("/busy");
  assert.equal(again?.headers["webhook-id"], first?.headers["webhook-id"]);
});

test("a second SIGTERM ends at once what the first would wait for", async () => {
  const { topics, sink } = await scene();
  sink.on("/hang", () => "hang");
  const handlers = [told({ id: "hang", events: ["clients.update"], url: sink.url("/hang"), timeoutMs: 60_000 })];
  const bridge = spawned({ env: topics.env, handlers, stage: "after" });
  await bridge.untilReady();
  const core = await topics.core({ requests: false, events: ["clients.update"] });
  await core.publish({ id: "clients.update", data: { id: 1, name: "hangs" } });
  await eventually("it is under way", () => sink.at("/hang").length === 1);
  bridge.signal("SIGTERM");
  await bridge.line("it says that it stops", ({ msg }) => msg === "bridge stopping");
  const startMs = performance.now();
  bridge.signal("SIGTERM");
  assert.equal(await bridge.exit(), 1);
  assert.ok(performance.now() - startMs < 1000);
});

test("DRAIN_MS bounds the wait for a handler that hangs", async () => {
  const { topics, sink } = await scene();
  sink.on("/hang", () => "hang");
  const handlers = [told({ id: "hang", events: ["clients.update"], url: sink.url("/hang"), timeoutMs: 60_000 })];
  const bridge = spawned({ env: { ...topics.env, DRAIN_MS: "1000" }, handlers, stage: "after" });
  await bridge.untilReady();
  const core = await topics.core({ requests: false, events: ["clients.update"] });
  await core.publish({ id: "clients.update", data: { id: 1, name: "hangs" } });
  await eventually("it is under way", () => sink.at("/hang").length === 1);
  const startMs = performance.now();
  assert.equal(await bridge.terminate(), 0);
  // A second for the drain, five for the fetch that is out.
  assert.ok(performance.now() - startMs < 9000, `${performance.now() - startMs} ms`);
});

for (const missing of ["broker", "registry", "broker and registry"] as const) {
  test(`while there is no ${missing} it waits and says so, answers probes, and ends with 0 on SIGTERM`, async () => {
    const { sink, topics } = await scene();
    const port = await deadPort();
    const bridge = spawned({
      env: {
        ...topics.env,
        ...(missing === "registry" ? {} : { KAFKA_BROKERS: `127.0.0.1:${port}` }),
        ...(missing === "broker" ? {} : { SCHEMA_REGISTRY_URL: `http://127.0.0.1:${port}` }),
      },
      handlers: [
        asked({ id: "asked", events: ["clients.update"], url: sink.url("/asked") }),
        told({ id: "told", events: ["clients.update"], url: sink.url("/told") }),
      ],
    });
    const what = missing === "broker" ? "the brokers" : "the schema registry";
    const isWaiting = () => bridge.said(`waiting for ${what}`).length >= 2;
    await eventually("each stage says what it waits for", isWaiting, 20_000);
    assert.ok(bridge.said(`waiting for ${what}`).every(({ level }) => level === "warn"));
    assert.equal((await bridge.probe("/livez"))?.status, 200);
    const ready = await bridge.probe("/readyz");
    assert.equal(ready?.status, 503);
    const { waitingFor } = JSON.parse(ready.text) as { waitingFor: string[] };
    assert.ok(waitingFor.includes("started"));
    assert.equal(waitingFor.includes("registry reachable"), missing !== "broker");
    assert.equal((await bridge.probe("/metrics"))?.status, 200);
    const startMs = performance.now();
    assert.equal(await bridge.terminate(), 0);
    assert.ok(performance.now() - startMs < 9000, `took ${performance.now() - startMs} ms to stop`);
    assert.equal(bridge.stderr, "");
  });
}

test("topics that are not set up are waited for, with the command that creates them", async () => {
  const { topics, sink } = await scene();
  const handlers = [told({ id: "told", events: ["clients.update"], url: sink.url("/told") })];
  const bridge = spawned({ env: { ...topics.env, TOPIC_PREFIX: `${topics.prefix}-not` }, handlers, stage: "after" });
  await bridge.line("it names the command", (line) => JSON.stringify(line).includes(`${ownCommand} setup`));
  assert.equal((await bridge.probe("/readyz"))?.status, 503);
  assert.equal(await bridge.terminate(), 0);
});

test("settings that cannot be used end it with 78 at once, all of them named", async () => {
  const startMs = performance.now();
  const bridge = spawned({
    env: {
      KAFKA_BROKERS: "no port",
      SCHEMA_REGISTRY_URL: "ftp://x",
      DEADLINE_MS: "7s",
      HTTP_PORT: "80x",
      LOG_LEVEL: "loud",
      EGRESS_ALLOW: "10.0.0.0/99",
    },
  });
  assert.equal(await bridge.exit(), 78);
  assert.ok(performance.now() - startMs < 5000);
  for (const name of ["KAFKA_BROKERS", "SCHEMA_REGISTRY_URL", "DEADLINE_MS", "HTTP_PORT", "LOG_LEVEL", "EGRESS_ALLOW"])
    assert.match(bridge.stderr, new RegExp(name));
  assert.match(bridge.stderr, /SETTINGS_INVALID/);
  assert.doesNotMatch(bridge.stderr, /^\s+at /m);
});

test("a missing broker and registry are both named", async () => {
  const bridge = spawned({ env: {} });
  assert.equal(await bridge.exit(), 78);
  assert.match(bridge.stderr, /KAFKA_BROKERS is not set/);
  assert.match(bridge.stderr, /SCHEMA_REGISTRY_URL is not set/);
});

test("handlers that cannot be used end it with 78 at once, all of them named", async () => {
  const bridge = spawned({
    env: { KAFKA_BROKERS: "127.0.0.1:1", SCHEMA_REGISTRY_URL: "http://127.0.0.1:1" },
    handlers: [
      asked({ id: "no-policy", events: ["clients.update"], url: "http://127.0.0.1:1/", onFailure: undefined }),
      told({ id: "unknown", events: ["nonsense"], url: "http://127.0.0.1:1/" }),
      told({ id: "typo", events: ["clients.update"], url: "http://127.0.0.1:1/", timeoutMS: 5 }),
      asked({ id: "told-only", events: ["clients.balance_zero"], url: "http://127.0.0.1:1/" }),
    ],
  });
  assert.equal(await bridge.exit(), 78);
  assert.match(bridge.stderr, /HANDLERS_INVALID/);
  for (const words of ["onFailure", "no such event", "timeoutMS", "clients.balance_zero"])
    assert.ok(bridge.stderr.includes(words), words);
  assert.deepEqual(bridge.lines, []);
});

test("handlers whose address may not be called are refused with 78, the setting that would allow them named", async () => {
  const bridge = spawned({
    env: { KAFKA_BROKERS: "127.0.0.1:1", SCHEMA_REGISTRY_URL: "http://127.0.0.1:1", EGRESS_ALLOW: "" },
    handlers: [
      told({ id: "loopback", events: ["clients.update"], url: "http://127.0.0.1:1/" }),
      told({ id: "metadata", events: ["clients.update"], url: "http://169.254.169.254/" }),
    ],
  });
  assert.equal(await bridge.exit(), 78);
  for (const words of ["loopback", "metadata", "EGRESS_ALLOW"]) assert.ok(bridge.stderr.includes(words), words);
});

test("a port that is taken ends it with 78 and says which setting to change", async () => {
  const { sink } = await scene();
  const bridge = spawned({
    env: {
      KAFKA_BROKERS: "127.0.0.1:1",
      SCHEMA_REGISTRY_URL: "http://127.0.0.1:1",
      HTTP_PORT: new URL(sink.url("/")).port,
    },
    handlers: [told({ id: "told", events: ["clients.update"], url: sink.url("/told") })],
  });
  assert.equal(await bridge.exit(), 78);
  assert.match(bridge.stderr, /HTTP_PORT/);
});
