import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { after, before, test } from "node:test";
import type { BillingEvent } from "../../src/sdk/billing-event.ts";
import { clientChannel, clientEventKinds } from "../../src/sdk/client-events.ts";
import type { BillingClient } from "../../src/sdk/client-options.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { asked } from "../support/handlers.ts";
import { answer, Sink } from "../support/sink.ts";

/** No bridge but the second has a handler for it. */
const archive: BillingEvent<"clients.archive"> = { id: "clients.archive", data: { id: 12 } };
const update: BillingEvent<"clients.update"> = { id: "clients.update", data: { id: 12, name: "Acme" } };
/** What a decision at once may take, on a busy machine. */
const atOnceMs = 25;

let topics: FreshTopics;
let sink: Sink;
let core: BillingClient;
let first: BridgeProcess;
const undo: (() => Promise<unknown>)[] = [];
const told: { readonly kind: string; readonly message: unknown }[] = [];
const listeners = clientEventKinds.map((kind) => ({
  name: clientChannel(kind),
  listen: (message: unknown): void => void told.push({ kind, message }),
}));

before(async () => {
  for (const { name, listen } of listeners) subscribe(name, listen);
  sink = await Sink.open();
  undo.push(() => sink.close());
  topics = await FreshTopics.open();
  undo.push(() => topics.close());
  sink.on("/guard", () => answer({ decision: "allow" }));
  core = await topics.core({ onSilence: "forbid", source: "/test/first" });
});

after(async () => {
  for (const { name, listen } of listeners) unsubscribe(name, listen);
  for (const step of undo.reverse()) await step();
});

const kindsOf = (from = 0) => told.slice(from).map(({ kind }) => kind);

async function untilSkipped(client: BillingClient, ms = 10_000): Promise<void> {
  const skips = client.counts()["no-handler-skip"];
  const skipped = async (): Promise<boolean> => {
    await client.request(archive, { deadlineMs: 200 });
    return client.counts()["no-handler-skip"] > skips;
  };
  await eventually("a request is skipped", skipped, ms);
}

test("where no bridge was heard it asks; after five silences in a row it decides at once, and probes once a second", async () => {
  for (let at = 0; at < 5; at++) {
    const verdict = await core.request(archive, { deadlineMs: 150 });
    assert.deepEqual([verdict.decision, verdict.decidedBy], ["forbid", "silence"]);
  }
  const opened = performance.now();
  assert.deepEqual(kindsOf().slice(-3), ["silence", "core-breaker-opened", "verdict"]);

  for (const onSilence of ["allow", "forbid"] as const) {
    const verdict = await core.request(archive, { onSilence, operationId: "op-1", attempt: 3 });
    assert.deepEqual([verdict.decision, verdict.decidedBy, verdict.changed], [onSilence, "core-breaker", false]);
    assert.ok(verdict.ms < atOnceMs, `${verdict.ms} ms`);
  }
  assert.deepEqual(told.at(-2), {
    kind: "core-breaker",
    message: { source: "/test/first", eventId: "clients.archive", operationId: "op-1", attempt: 3 },
  });

  const probes: number[] = [];
  while (probes.length < 2) {
    const { decidedBy } = await core.request(archive, { deadlineMs: 50 });
    if (decidedBy === "silence") probes.push(performance.now() - opened);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok((probes[0] ?? 0) >= 990 && (probes[1] ?? 0) >= 1990, `probes after ${probes.join(", ")} ms`);
  const { silence, "core-breaker": refused, "core-breaker-opened": openings, pending } = core.counts();
  assert.deepEqual([silence, openings, pending], [7, 1, 0]);
  assert.ok(refused > 20);
});

test("what says nothing about the bridge is no silence: a full table, a record that is too large, a client that closes", async () => {
  const client = await topics.core({ onSilence: "allow", maxPending: 4, source: "/test/full" });
  const extra = { note: JSON.stringify(randomBytes(1_500_000).toString("base64")) };
  for (let at = 0; at < 6; at++) {
    const verdict = await client.request({ ...update, data: { ...update.data, extra } }, { deadlineMs: 3000 });
    assert.deepEqual([verdict.decidedBy, verdict.warnings.length], ["silence", 1]);
  }
  const waiting = Array.from({ length: 12 }, () => client.request(archive));
  await client.close();
  const { "pending-full": full, silence, "core-breaker-opened": openings } = client.counts();
  assert.deepEqual((await Promise.all(waiting)).map(({ decidedBy }) => decidedBy).sort(), [
    ...Array.from({ length: 8 }, () => "pending-full"),
    ...Array.from({ length: 4 }, () => "silence"),
  ]);
  assert.deepEqual([full, silence, openings], [8, 10, 0]);
});

test("a bridge that starts closes the core's breaker by its first answer", async () => {
  first = await BridgeProcess.ready({
    env: topics.env,
    stage: "before",
    handlers: [
      asked({ id: "guard", events: ["clients.update"], url: sink.url("/guard") }),
      asked({ id: "off", events: ["clients.archive"], url: sink.url("/guard"), status: "disabled" }),
    ],
  });
  undo.push(() => first.kill());
  const from = told.length;
  const answered = async (): Promise<boolean> => (await core.request(update)).decidedBy === "handler";
  await eventually("an answer", answered, 5000);
  assert.equal(kindsOf(from).filter((kind) => kind === "core-breaker-closed").length, 1);
  assert.equal((await core.request(update)).decidedBy, "handler");
});

test("while a bridge runs that has no handler for an event, it is allowed at once and nothing is sent", async () => {
  await untilSkipped(core);
  const before = await first.counter("requests_total");
  for (let at = 0; at < 20; at++) {
    const verdict = await core.request(archive, { onSilence: "forbid", baseVersion: "v7" });
    const { baseVersion, changed, data, decidedBy, decision, handlers, ms } = verdict;
    assert.deepEqual(
      [decision, decidedBy, changed, data, handlers, baseVersion],
      ["allow", "no-handler", false, { id: 12 }, [], "v7"],
    );
    assert.ok(ms < atOnceMs, `${ms} ms`);
  }
  assert.equal((await core.request(update)).decidedBy, "handler", "what has a handler is asked as ever");
  assert.equal(await first.counter("requests_total"), before + 1);
});

test("several clients in one process each find out for themselves, and one that was told not to skip asks", async () => {
  const others = await Promise.all(
    ["/test/a", "/test/b"].map((source) => topics.core({ onSilence: "forbid", source, events: ["clients.archive"] })),
  );
  const asker = await topics.core({ onSilence: "forbid", skipWithoutHandlers: false, events: ["clients.archive"] });
  await Promise.all(others.map((client) => untilSkipped(client)));
  const before = await first.counter("requests_total");
  const verdicts = await Promise.all([asker, ...others].map((client) => client.request(archive)));
  for (const { decidedBy, decision } of verdicts) assert.deepEqual([decision, decidedBy], ["allow", "no-handler"]);
  assert.equal(await first.counter("requests_total"), before + 1, "the asker's");
  assert.equal(asker.counts()["no-handler-skip"], 0);
  for (const client of others) assert.equal(client.counts()["core-breaker"], 0);
});

test("an instance that has a handler ends the skipping within a second; once it died it is forgotten after two", async () => {
  const second = await BridgeProcess.ready({
    env: topics.env,
    stage: "before",
    handlers: [asked({ id: "archive", events: ["clients.archive"], url: sink.url("/guard") })],
  });
  try {
    const skipping = async (): Promise<boolean> => {
      const skips = core.counts()["no-handler-skip"];
      await core.request(archive, { deadlineMs: 200, onSilence: "allow" });
      return core.counts()["no-handler-skip"] > skips;
    };
    await eventually("it asks", async () => !(await skipping()), 1000);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    for (let at = 0; at < 5; at++) assert.equal(await skipping(), false, "as long as it lives");

    second.signal("SIGKILL");
    const killedMs = performance.now();
    await second.exit();
    await eventually("it skips again", skipping, 5000);
    const forgottenMs = performance.now() - killedMs;
    // Its last beat was up to half a second old, and a request that is asked meanwhile takes its deadline.
    assert.ok(forgottenMs > 1300 && forgottenMs < 3000, `forgotten after ${forgottenMs.toFixed(0)} ms`);
  } finally {
    await second.kill();
  }
});

test("an instance that is stopped says good-bye: nobody is left who could be skipped for", async () => {
  await untilSkipped(core);
  assert.equal(await first.terminate(), 0);
  const from = core.counts()["no-handler-skip"];
  assert.equal((await core.request(archive, { deadlineMs: 100 })).decision, "forbid");
  assert.equal(core.counts()["no-handler-skip"], from);
  const records = await topics.contents(topics.names.bridges);
  const last = new Map(records.map(({ key, value }) => [String(key), value]));
  assert.deepEqual([...last.values()].filter((value) => value === null).length, 1);
  assert.equal(last.size, 2, "the one that was killed could not");
});

test("clients that cannot hear any bridge work, and ask", async () => {
  await topics.admin.deleteTopics({ topics: [topics.names.bridges] });
  const late = await topics.core({ onSilence: "allow", events: ["clients.archive"] });
  for (const client of [core, late]) {
    const { silence } = client.counts();
    const verdict = await client.request(archive, { deadlineMs: 100, onSilence: "allow" });
    assert.deepEqual([verdict.decision, verdict.decidedBy], ["allow", "silence"]);
    assert.equal(client.counts().silence, silence + 1);
  }
});
