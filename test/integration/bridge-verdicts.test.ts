import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BillingEvent } from "../../src/sdk/billing-event.ts";
import type { BillingClient, RequestOptions } from "../../src/sdk/client-options.ts";
import type { EventId } from "../../src/sdk/generated/events.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { asked } from "../support/handlers.ts";
import { answer, deadUrl, Sink } from "../support/sink.ts";

/** A timer of a busy machine may be this late; the deadline itself is never stretched. */
const marginMs = 150;
const deadlineMs = 1500;

const subscription = {
  id: 900,
  clients_id: 12,
  packages_id: 5,
  qty: 1,
  start_dt: "2026-01-01T00:00:00+00:00",
  status: "active",
  condition: "activated",
  fees: [],
} as const;

const undo: (() => Promise<void>)[] = [];
let topics: FreshTopics;
let sink: Sink;
let bridge: BridgeProcess;
let core: BillingClient;

/** Asks, and holds the client to the deadline by a clock of our own. */
async function ask<Id extends EventId>(event: BillingEvent<Id>, options: RequestOptions = {}, client = core) {
  const startMs = performance.now();
  const verdict = await client.request(event, { deadlineMs, ...options });
  const tookMs = performance.now() - startMs;
  const limitMs = (options.deadlineMs ?? deadlineMs) + marginMs;
  assert.ok(tookMs <= limitMs, `resolved after ${tookMs.toFixed(0)} ms, deadline ${limitMs - marginMs} ms`);
  assert.ok(verdict.ms <= limitMs && verdict.ms <= tookMs + 1, `says it took ${verdict.ms} of ${tookMs} ms`);
  return verdict;
}

before(async () => {
  sink = await Sink.open();
  undo.push(() => sink.close());
  topics = await FreshTopics.open();
  undo.push(() => topics.close());
  core = await topics.core({ onSilence: "forbid" });
});

after(async () => {
  for (const step of undo.reverse()) await step();
});

test("while no bridge runs a request ends at its deadline, as its onSilence says, decided by silence", async () => {
  const event: BillingEvent = { id: "clients.archive", data: { id: 12 } };
  const verdicts = await Promise.all([
    ask(event, { deadlineMs: 500, onSilence: "allow" }),
    ask(event, { deadlineMs: 500, onSilence: "forbid" }),
    ask(event, { deadlineMs: 1 }),
  ]);
  assert.deepEqual(
    verdicts.map(({ decision, decidedBy, changed, data }) => ({ decision, decidedBy, changed, data })),
    ["allow", "forbid", "forbid"].map((decision) => ({
      decision,
      decidedBy: "silence",
      changed: false,
      data: { id: 12 },
    })),
  );
  assert.ok(verdicts[0].ms >= 499, "it waits as long as it may");
});

test("a bridge that starts later answers what comes then, and reports what had expired as expired", async () => {
  const dead = await deadUrl();
  sink.on("/echo", ({ text }) => ({ status: 200, text }));
  sink.on("/upper", ({ body }) =>
    answer({ ...body, data: { ...body.data, name: String(body.data["name"]).toUpperCase() } }),
  );
  sink.on("/halve", () => answer({ decision: "allow", data: { credit: "100.50" } }));
  sink.on("/guard", ({ body }) =>
    body.data["name"] === "FORBIDDEN"
      ? answer({ decision: "forbid", reason: { code: "name", message: "not this one" } })
      : answer({ decision: "allow" }),
  );
  sink.on("/hang", () => "hang");
  sink.on("/hang-last", () => "hang");
  sink.on("/reset", () => "reset");
  sink.on("/broken", () => ({ status: 500, text: "broken" }));
  sink.on("/nonsense", () => ({ status: 200, text: "<html>" }));
  sink.on("/greedy", ({ body }) => answer({ ...body, data: { ...body.data, name: "x", tech_prefix: "9" } }));
  sink.on("/new-password", () => answer({ decision: "allow", data: { password: "n3w-s3cret" } }));

  bridge = await BridgeProcess.ready({
    env: { ...topics.env, HANDLERS_MODE: "topic", BEFORE_IN_FLIGHT: "48" },
    stage: "before",
    scripts: {
      "archive.sh": `#!/bin/sh\nread -r body\ncase "$body" in *'"id":13'*) echo '{"code":"vip","message":"never 13"}'; exit 10;; esac\n`,
      "sleeps.sh": "#!/bin/sh\nexec sleep 30\n",
    },
    handlers: [
      asked({ id: "echo", events: ["clients.create"], url: sink.url("/echo"), mayChange: ["name"] }),
      asked({ id: "upper", events: ["clients.update"], url: sink.url("/upper"), priority: 10, mayChange: ["name"] }),
      asked({
        id: "halve",
        events: ["clients.update"],
        url: sink.url("/halve"),
        priority: 20,
        when: "has(data.credit)",
        mayChange: [{ field: "credit", rule: "lower-only" }],
      }),
      asked({ id: "guard", events: ["clients.update"], url: sink.url("/guard"), onFailure: "forbid" }),
      asked({ id: "archive", events: ["clients.archive"], script: "archive.sh", timeoutMs: 800 }),
      asked({ id: "sleeps", events: ["clients.packages.deactivate"], script: "sleeps.sh", timeoutMs: 200 }),
      asked({ id: "dead-1", events: ["clients.delete"], url: dead, onFailure: "forbid" }),
      asked({ id: "dead-2", events: ["clients.delete"], url: dead }),
      asked({ id: "dead-3", events: ["clients.packages.activate"], url: dead }),
      asked({ id: "hang", events: ["clients.packages.renew"], url: sink.url("/hang"), timeoutMs: 1000 }),
      // Its breaker is closed still when the last test needs it.
      asked({
        id: "hang-last",
        events: ["clients.packages.renew"],
        when: "data.id == 999",
        url: sink.url("/hang-last"),
        timeoutMs: 1000,
      }),
      asked({ id: "reset", events: ["clients.packages.close"], url: sink.url("/reset"), onFailure: "forbid" }),
      asked({ id: "broken", events: ["clients.packages.assign"], url: sink.url("/broken"), onFailure: "forbid" }),
      asked({ id: "nonsense", events: ["clients.custom_fields.update"], url: sink.url("/nonsense") }),
      asked({ id: "greedy", events: ["clients.accounts.update"], url: sink.url("/greedy"), mayChange: ["name"] }),
      asked({
        id: "new-password",
        events: ["clients.accounts.create"],
        url: sink.url("/new-password"),
        mayChange: ["password"],
      }),
      asked({ id: "off", events: ["clients.accounts.delete"], url: sink.url("/hang"), status: "disabled" }),
    ],
  });
  undo.push(() => bridge.kill());
  const verdict = await ask({ id: "clients.archive", data: { id: 12 } });
  assert.deepEqual([verdict.decision, verdict.decidedBy], ["allow", "handler"]);
  assert.equal(await bridge.counter("requests_total", { decided_by: "expired", decision: "undecided" }), 3);
  const expired = bridge.said("request decided").filter(({ decidedBy }) => decidedBy === "expired");
  assert.equal(expired.length, 3);
  // Their replies came after the deadline: seen, counted, applied to nothing.
  assert.equal(core.counts().late, 3);
  assert.equal(sink.calls.length, 0);
});

test("an echo allows, unchanged", async () => {
  const data = { name: "Example Telecom", credit: "100", tags: ["eu"] };
  const verdict = await ask({ id: "clients.create", data });
  assert.deepEqual(
    [verdict.decision, verdict.decidedBy, verdict.handler, verdict.changed, verdict.changes],
    ["allow", "handler", "echo", false, []],
  );
  assert.deepEqual(verdict.data, data);
});

test("mutators change the data one after another, validators see the result, and the core gets it typed", async () => {
  const verdict = await ask(
    { id: "clients.update", data: { id: 12, name: "acme", credit: "201", routing_plans_id: null } },
    { operationId: "op-1", attempt: 2, baseVersion: "v7" },
  );
  assert.deepEqual([verdict.decision, verdict.changed], ["allow", true]);
  assert.deepEqual(verdict.data, { id: 12, name: "ACME", credit: "100.5", routing_plans_id: null });
  assert.deepEqual(verdict.changes, [
    { path: "name", from: '"acme"', to: '"ACME"', handler: "upper" },
    { path: "credit", from: '"201"', to: '"100.5"', handler: "halve" },
  ]);
  assert.deepEqual([verdict.operationId, verdict.attempt, verdict.baseVersion], ["op-1", 2, "v7"]);
  assert.equal(sink.at("/guard").at(-1)?.body.data["name"], "ACME");
});

test("a validator's forbid decides, with its reason, and no change of a mutator survives it", async () => {
  const verdict = await ask({ id: "clients.update", data: { id: 12, name: "forbidden" } });
  assert.deepEqual(
    [verdict.decision, verdict.decidedBy, verdict.handler, verdict.reason],
    ["forbid", "handler", "guard", { code: "name", message: "not this one" }],
  );
  assert.deepEqual([verdict.changed, verdict.data], [false, { id: 12, name: "forbidden" }]);
});

test("a rule of mayChange is kept: a change past it is discarded whole", async () => {
  const verdict = await ask({ id: "clients.update", data: { id: 12, name: "low", credit: "50" } });
  assert.deepEqual(verdict.data, { id: 12, name: "LOW", credit: "50" });
  assert.equal(verdict.handlers.find(({ id }) => id === "halve")?.outcome, "not-permitted");
});

test("a field outside of mayChange discards the whole answer, the permitted change in it too", async () => {
  const data = { id: 40, clients_id: 12, name: "trunk", tech_prefix: "1" };
  const verdict = await ask({ id: "clients.accounts.update", data });
  assert.deepEqual([verdict.decision, verdict.decidedBy, verdict.changed], ["allow", "failure-policy", false]);
  assert.deepEqual(verdict.data, data);
});

test("a script allows by exit 0 and forbids by exit 10, with its reason", async () => {
  const [allowed, forbidden] = await Promise.all([
    ask({ id: "clients.archive", data: { id: 12 } }),
    ask({ id: "clients.archive", data: { id: 13 } }),
  ]);
  assert.deepEqual([allowed.decision, allowed.handler], ["allow", "archive"]);
  assert.deepEqual([forbidden.decision, forbidden.reason], ["forbid", { code: "vip", message: "never 13" }]);
});

test("when every handler is dead, hangs, resets, breaks or talks nonsense, the failure policy decides in time", async () => {
  const rows = [
    [{ id: "clients.delete", data: { id: 12 } }, "forbid", "unreachable"],
    [{ id: "clients.packages.activate", data: subscription }, "allow", "unreachable"],
    [{ id: "clients.packages.renew", data: subscription }, "allow", "timeout"],
    [{ id: "clients.packages.deactivate", data: subscription }, "allow", "timeout"],
    [{ id: "clients.packages.close", data: subscription }, "forbid", "unreachable"],
    [{ id: "clients.packages.assign", data: subscription }, "forbid", "status"],
    [{ id: "clients.custom_fields.update", data: { id: 12, custom_fields: { a: "b" } } }, "allow", "bad-answer"],
  ] as const satisfies readonly (readonly [BillingEvent, string, string])[];
  const verdicts = await Promise.all(rows.map(([event]) => ask(event as BillingEvent)));
  assert.deepEqual(
    verdicts.map(({ decision, decidedBy, changed, handlers }) => [decision, decidedBy, changed, handlers[0]?.outcome]),
    rows.map(([, decision, outcome]) => [decision, "failure-policy", false, outcome]),
  );
});

test("where no enabled handler exists the verdict is allow, no-handler, at once", async () => {
  const verdict = await ask({ id: "clients.accounts.delete", data: { id: 40, clients_id: 12 } });
  assert.deepEqual([verdict.decision, verdict.decidedBy, verdict.handlers], ["allow", "no-handler", []]);
});

test("a deadline shorter than the handler's timeout is kept too", async () => {
  const verdict = await ask({ id: "clients.packages.renew", data: subscription }, { deadlineMs: 600 });
  // The bridge answers with what its policy says as its share of the time ends.
  assert.deepEqual([verdict.decision, verdict.decidedBy], ["allow", "failure-policy"]);
  // So little time that bridge and client may each be the first to see it end; neither lets it pass.
  const hopeless = await ask({ id: "clients.packages.renew", data: subscription }, { deadlineMs: 30 });
  const ends = { silence: "forbid", expired: "forbid", "failure-policy": "allow" };
  assert.equal(hopeless.decision, ends[hopeless.decidedBy as keyof typeof ends]);
});

test("a secret the handler changed reaches the core, and neither `changes` nor the bridge's log", async () => {
  const data = { clients_id: 12, name: "t1", auth_type: "name", accname: "t1", password: "0ld-s3cret" } as const;
  const verdict = await ask({ id: "clients.accounts.create", data });
  assert.equal(verdict.data.password, "n3w-s3cret");
  assert.deepEqual(verdict.changes, [{ path: "password", from: '"***"', to: '"***"', handler: "new-password" }]);
  assert.equal(sink.at("/new-password")[0]?.body.data["password"], "0ld-s3cret");
  const log = JSON.stringify(bridge.lines) + bridge.stderr;
  assert.ok(!log.includes("s3cret"), "a secret stands in the log");
});

test("past BEFORE_IN_FLIGHT the bridge says undecided, overload: each client's onSilence decides, long before its deadline", async () => {
  const event: BillingEvent = { id: "clients.packages.renew", data: subscription };
  const verdicts = await Promise.all(
    Array.from({ length: 120 }, (_, at) => ask(event, { onSilence: at % 2 === 0 ? "allow" : "forbid" })),
  );
  const overloaded = verdicts.filter(({ decidedBy }) => decidedBy === "overload");
  assert.ok(overloaded.length >= 120 - 48 - 1, `${overloaded.length} of 120 were refused`);
  for (const [at, { decision, decidedBy, ms }] of verdicts.entries()) {
    if (decidedBy !== "overload") continue;
    assert.equal(decision, at % 2 === 0 ? "allow" : "forbid");
    assert.ok(ms < 900, `refused only after ${ms} ms`);
  }
  assert.equal(
    await bridge.counter("requests_total", { decision: "undecided", decided_by: "overload" }),
    overloaded.length,
  );
});

test("more pending requests than allowed end at once, by onSilence, and are never sent", async () => {
  const small = await topics.core({ onSilence: "allow", maxPending: 2, events: ["clients.packages.renew"] });
  const event: BillingEvent = { id: "clients.packages.renew", data: subscription };
  const before = await bridge.counter("request_ends_total");
  const waiting = [ask(event, {}, small), ask(event, {}, small)];
  const refused = await ask(event, { onSilence: "forbid" }, small);
  assert.deepEqual([refused.decision, refused.decidedBy], ["forbid", "pending-full"]);
  assert.ok(refused.ms < 50, `refused after ${refused.ms} ms`);
  await Promise.all(waiting);
  assert.equal(small.counts().pending, 0);
  assert.equal(await bridge.counter("request_ends_total"), before + 2);
});

test("several clients in one process each get their own verdicts, whichever partition they wait on", async () => {
  const cores = await Promise.all(
    [1, 2, 3, 4].map(() => topics.core({ onSilence: "forbid", events: ["clients.update"] })),
  );
  const asking = cores.flatMap((client, who) =>
    Array.from({ length: 10 }, async (_, at) => {
      const id = who * 100 + at + 1;
      const verdict = await ask(
        { id: "clients.update", data: { id, name: `c${id}` } },
        { operationId: `o${id}` },
        client,
      );
      assert.deepEqual(
        [verdict.decision, verdict.operationId, verdict.data],
        // On a busy machine the handler may miss its timeout, and its policy allows what was sent.
        ["allow", `o${id}`, { id, name: verdict.changed ? `C${id}` : `c${id}` }],
      );
    }),
  );
  await Promise.all(asking);
  for (const client of cores) {
    const { pending, late, duplicate, conflict, unreadable } = client.counts();
    assert.deepEqual({ pending, late, duplicate, conflict, unreadable }, noSurprises);
  }
});

test("a client that closes ends what waits at once; a bridge that dies mid-request leaves the deadline to decide", async () => {
  const closing = await topics.core({ onSilence: "allow", events: ["clients.packages.renew"] });
  const event: BillingEvent = { id: "clients.packages.renew", data: subscription };
  const pending = ask(event, {}, closing);
  await closing.close();
  assert.deepEqual([(await pending).decision, (await pending).decidedBy], ["allow", "silence"]);

  const orphaned = ask({ id: "clients.packages.renew", data: { ...subscription, id: 999 } });
  await eventually("the handler is being asked", () => sink.at("/hang-last").length === 1, 5000);
  await bridge.kill();
  const verdict = await orphaned;
  assert.deepEqual([verdict.decision, verdict.decidedBy], ["forbid", "silence"]);
});

const noSurprises = { pending: 0, late: 0, duplicate: 0, conflict: 0, unreadable: 0 };
