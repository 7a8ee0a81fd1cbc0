import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "../../../src/before/chain.ts";
import {
  allow,
  beforeHandler,
  conditionThat,
  FakeTasks,
  forbid,
  later,
  mutator,
  never,
  patch,
  question,
} from "../../support/before-handlers.ts";
import { FakeClock } from "../../support/fake-clock.ts";

test("without a matching handler the verdict is allow, decided by no-handler", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks();
  const others = [
    beforeHandler("other-event", { events: ["clients.create"] }),
    beforeHandler("disabled", { status: "disabled" }),
    beforeHandler("archived", { status: "archived" }),
    beforeHandler("shadow", { mode: "shadow" }),
  ];
  const { verdict, encoded } = await decide(question(clock), others, { tasks, clock });
  assert.equal(verdict.decision, "allow");
  assert.equal(verdict.decidedBy, "no-handler");
  assert.equal(verdict.operationId, "op-1");
  assert.equal(verdict.baseVersion, "7");
  assert.equal(encoded, null);
  assert.deepEqual(tasks.asked, []);
});

test("mutators run by priority, then id, each on the data as changed so far, and validators on the final data", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks({
    first: patch({ name: "one" }),
    "second-a": patch({ name: "two" }),
    "second-b": patch({ name: "three" }),
  });
  const handlers = [
    beforeHandler("validator", { priority: 1 }),
    mutator("second-b", { priority: 20 }),
    mutator("first", { priority: 10 }),
    mutator("second-a", { priority: 20 }),
  ];
  const { verdict, encoded } = await decide(question(clock), handlers, { tasks, clock });
  assert.deepEqual(
    tasks.asked.map(({ id, call }) => [id, call.event.data["name"]]),
    [
      ["first", "Acme"],
      ["second-a", "one"],
      ["second-b", "two"],
      ["validator", "three"],
    ],
  );
  assert.deepEqual(verdict.data, { id: 12, name: "three", credit: "100" });
  assert.deepEqual(
    verdict.changes.map(({ from, to, handler }) => [from, to, handler]),
    [
      ['"Acme"', '"one"', "first"],
      ['"one"', '"two"', "second-a"],
      ['"two"', '"three"', "second-b"],
    ],
  );
  assert.notEqual(encoded, null);
  assert.equal(verdict.decidedBy, "handler");
  assert.equal(verdict.handler, null);
  assert.deepEqual(
    verdict.handlers.map(({ id, outcome }) => `${id} ${outcome}`),
    ["first modify", "second-a modify", "second-b modify", "validator allow"],
  );
});

test("a mutator's when is evaluated at its turn, a validator's on the final data", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks({ first: patch({ name: "vip" }) });
  const isVip = conditionThat((event) => ({ kind: event.data["name"] === "vip" ? "match" : "no-match" }));
  const handlers = [
    mutator("first", { priority: 1 }),
    mutator("second", { priority: 2, condition: isVip }),
    beforeHandler("validator", { condition: isVip }),
    beforeHandler("unconcerned", { condition: conditionThat(() => ({ kind: "no-match" })) }),
  ];
  const { verdict } = await decide(question(clock), handlers, { tasks, clock });
  assert.deepEqual(
    tasks.asked.map(({ id }) => id),
    ["first", "second", "validator"],
  );
  assert.deepEqual(
    verdict.handlers.map(({ id }) => id),
    ["first", "second", "validator"],
  );
});

test("a forbid of a mutator ends the chain and drops every change", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks({ first: patch({ name: "one" }), second: forbid("fraud", "stop") });
  const handlers = [
    mutator("first", { priority: 1 }),
    mutator("second", { priority: 2 }),
    mutator("third", { priority: 3 }),
  ];
  const { verdict, encoded } = await decide(question(clock), [...handlers, beforeHandler("v")], { tasks, clock });
  assert.equal(verdict.decision, "forbid");
  assert.equal(verdict.decidedBy, "handler");
  assert.equal(verdict.handler, "second");
  assert.deepEqual(verdict.reason, { code: "fraud", message: "stop" });
  assert.equal(verdict.data, null);
  assert.deepEqual(verdict.changes, []);
  assert.equal(encoded, null);
  assert.deepEqual(
    tasks.asked.map(({ id }) => id),
    ["first", "second"],
  );
});

test("the first forbid of a validator cancels the others at once", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks({ slow: never, quick: later(clock, 50, forbid("no-credit")), done: allow });
  const handlers = [beforeHandler("slow"), beforeHandler("quick"), beforeHandler("done")];
  const started = clock.monotonicMs();
  const { verdict } = await clock.until(decide(question(clock), handlers, { tasks, clock }));
  assert.equal(clock.monotonicMs() - started, 50);
  assert.equal(verdict.handler, "quick");
  assert.deepEqual(
    verdict.handlers.map(({ id, outcome, ms }) => `${id} ${outcome} ${ms}`),
    ["done allow 0", "quick forbid 50", "slow cancelled 50"],
  );
  assert.ok(tasks.asked.find(({ id }) => id === "slow")?.signal.aborted);
  assert.equal(clock.pendingTimers, 0);
});

test("of two forbids at the same moment the first stands, and only it", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks({ a: forbid("first"), b: forbid("second") });
  const { verdict } = await decide(question(clock), [beforeHandler("b"), beforeHandler("a")], { tasks, clock });
  assert.equal(verdict.handler, "a");
  assert.equal(verdict.reason?.code, "first");
  assert.deepEqual(
    verdict.handlers.map(({ id, outcome }) => [id, outcome]),
    [
      ["a", "forbid"],
      ["b", "cancelled"],
    ],
  );
});

test("a failure means what the handler's policy says of its kind", async () => {
  const clock = new FakeClock();
  const onFailure = { default: "forbid", byKind: { timeout: "allow" } } as const;
  const unreachable = { kind: "failure", failure: { kind: "unreachable", detail: "refused" } } as const;
  const decided = (behaviour: ConstructorParameters<typeof FakeTasks>[0]) =>
    clock.until(
      decide(question(clock), [beforeHandler("h", { onFailure })], { tasks: new FakeTasks(behaviour), clock }),
    );

  const passed = await decided({ h: never });
  assert.equal(passed.verdict.decision, "allow");
  assert.equal(passed.verdict.decidedBy, "failure-policy");
  assert.equal(passed.verdict.handler, "h");
  assert.deepEqual(passed.verdict.handlers, [{ id: "h", outcome: "timeout", ms: 300 }]);
  assert.equal(passed.failures[0]?.failure.kind, "timeout");

  const refused = await decided({ h: unreachable });
  assert.equal(refused.verdict.decision, "forbid");
  assert.equal(refused.verdict.decidedBy, "failure-policy");
  assert.equal(refused.verdict.reason?.code, "unreachable");
});

test("a bad condition is a failure of kind condition, and its task is not called", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks();
  const condition = conditionThat(() => ({ kind: "error", detail: "broken" }));
  const { verdict } = await decide(question(clock), [beforeHandler("h", { condition })], { tasks, clock });
  assert.equal(verdict.reason?.code, "condition");
  assert.deepEqual(tasks.asked, []);
});

test("an allow names failure-policy and the first handler in chain order that was let pass", async () => {
  const clock = new FakeClock();
  const onFailure = { default: "allow", byKind: {} } as const;
  const tasks = new FakeTasks({ b: never, a: never });
  const handlers = [beforeHandler("b", { onFailure }), beforeHandler("a", { onFailure }), beforeHandler("c")];
  const { verdict } = await clock.until(decide(question(clock), handlers, { tasks, clock }));
  assert.equal(verdict.decidedBy, "failure-policy");
  assert.equal(verdict.handler, "a");
});

test("in mode warn a forbid, of the handler or of its policy, becomes a warning", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks({ says: forbid("fraud", "stop"), fails: never, next: allow });
  const handlers = [
    beforeHandler("says", { mode: "warn" }),
    beforeHandler("fails", { mode: "warn" }),
    beforeHandler("next"),
  ];
  const { verdict } = await clock.until(decide(question(clock), handlers, { tasks, clock }));
  assert.equal(verdict.decision, "allow");
  assert.equal(verdict.decidedBy, "handler");
  assert.deepEqual(verdict.warnings, [
    "fails would have forbidden: timeout: fails: no answer within 300 ms",
    "says would have forbidden: fraud: stop",
  ]);
});

test("a mutator in mode warn that forbids leaves the data as it stood and the chain goes on", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks({ a: patch({ name: "one" }), b: forbid("fraud"), c: patch({ name: "three" }) });
  const handlers = [mutator("a"), mutator("b", { mode: "warn" }), mutator("c")];
  const { verdict } = await decide(question(clock), handlers, { tasks, clock });
  assert.equal(verdict.data?.["name"], "three");
  assert.equal(verdict.warnings.length, 1);
});

test("a validator that answers with a change is not permitted to", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks({ v: patch({ name: "one" }) });
  const { verdict } = await decide(question(clock), [beforeHandler("v")], { tasks, clock });
  assert.equal(verdict.reason?.code, "not-permitted");
});

test("changes that a later mutator takes back leave nothing to apply", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks({ a: patch({ name: "one" }), b: patch({ name: "Acme" }) });
  const { verdict, encoded } = await decide(question(clock), [mutator("a"), mutator("b")], { tasks, clock });
  assert.equal(verdict.decision, "allow");
  assert.equal(verdict.data, null);
  assert.deepEqual(verdict.changes, []);
  assert.equal(encoded, null);
});

test("a call gets the smaller of its own timeout and what is left less the reserve", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks({ a: never, b: never });
  const onFailure = { default: "allow", byKind: {} } as const;
  const handlers = [
    mutator("a", { timeoutMs: 200, priority: 1, onFailure }),
    mutator("b", { timeoutMs: 300, priority: 2, onFailure }),
    beforeHandler("v", { onFailure }),
  ];
  const { verdict } = await clock.until(decide(question(clock, { budgetMs: 400 }), handlers, { tasks, clock }));
  // a: 200 of 400 - (30 + 2 * 5); b: 400 - 200 - (30 + 5) = 165; v: 400 - 365 - 30 = 5, too little.
  assert.deepEqual(
    tasks.asked.map(({ id, call }) => [id, call.timeoutMs]),
    [
      ["a", 200],
      ["b", 165],
    ],
  );
  assert.deepEqual(
    verdict.handlers.map(({ id, outcome }) => [id, outcome]),
    [
      ["a", "timeout"],
      ["b", "timeout"],
      ["v", "no-budget"],
    ],
  );
});

test("when the budget is over each remaining handler is treated by its own failure policy", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks();
  const handlers = [
    beforeHandler("lenient", { onFailure: { default: "forbid", byKind: { "no-budget": "allow" } } }),
    beforeHandler("strict", { onFailure: { default: "allow", byKind: { "no-budget": "forbid" } } }),
  ];
  const { verdict } = await decide(question(clock, { budgetMs: -5 }), handlers, { tasks, clock });
  assert.equal(verdict.decision, "forbid");
  assert.equal(verdict.handler, "strict");
  assert.equal(verdict.reason?.code, "no-budget");
  assert.deepEqual(tasks.asked, []);
});

test("a best effort handler is skipped when it would take time the others were promised", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks({ extra: never, counted: later(clock, 300, allow) });
  const handlers = [mutator("extra", { bestEffort: true, priority: 1 }), mutator("counted", { priority: 2 })];
  const tight = await clock.until(decide(question(clock, { budgetMs: 345 }), handlers, { tasks, clock }));
  assert.deepEqual(
    tight.verdict.handlers.map(({ id, outcome }) => [id, outcome]),
    [
      ["extra", "skipped"],
      ["counted", "timeout"],
    ],
  );
  assert.equal(tasks.asked[0]?.call.timeoutMs, 300, "the skipped one took nothing");

  const onFailure = { default: "allow", byKind: {} } as const;
  const roomy = await clock.until(
    decide(question(clock, { budgetMs: 400 }), [{ ...handlers[0]!, onFailure }, handlers[1]!], { tasks, clock }),
  );
  assert.equal(roomy.verdict.handlers[0]?.outcome, "timeout");
  assert.equal(roomy.verdict.handlers[0].ms, 60, "400 less the reserve of 40 and the 300 of the other");
});

test("only best effort handlers, all skipped, is no-handler", async () => {
  const clock = new FakeClock();
  const handlers = [beforeHandler("extra", { bestEffort: true })];
  const { verdict } = await decide(question(clock, { budgetMs: 40 }), handlers, { tasks: new FakeTasks(), clock });
  assert.equal(verdict.decidedBy, "no-handler");
  assert.deepEqual(verdict.handlers, [{ id: "extra", outcome: "skipped", ms: 0 }]);
});

test("a task that throws, rejects or answers nonsense is a failure of a kind of its own, never an error", async () => {
  const clock = new FakeClock();
  const behaviours = {
    throws: () => {
      throw new Error("boom");
    },
    rejects: () => Promise.reject(new Error("boom")),
    nonsense: () => Promise.resolve(undefined as never),
  };
  const onFailure = { default: "allow", byKind: {} } as const;
  const handlers = Object.keys(behaviours).map((id) => beforeHandler(id, { onFailure }));
  const { verdict } = await decide(question(clock), handlers, { tasks: new FakeTasks(behaviours), clock });
  assert.equal(verdict.decision, "allow");
  assert.deepEqual(
    verdict.handlers.map(({ id, outcome }) => [id, outcome]),
    [
      ["nonsense", "internal"],
      ["rejects", "internal"],
      ["throws", "internal"],
    ],
  );
});

test("each handler gets a delivery id of its own, the same for the same question", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks();
  const handlers = [beforeHandler("a"), beforeHandler("b")];
  await decide(question(clock), handlers, { tasks, clock });
  await decide(question(clock), handlers, { tasks, clock });
  const ids = tasks.asked.map(({ call }) => call.deliveryId);
  assert.equal(ids[0], ids[2]);
  assert.equal(ids[1], ids[3]);
  assert.notEqual(ids[0], ids[1]);
  assert.match(ids[0] ?? "", /^ask_[0-9a-f]{32}$/);
});

test("secrets reach handlers and the verdict's data but are masked in the changes", async () => {
  const clock = new FakeClock();
  const tasks = new FakeTasks({ m: patch({ password: "new-secret" }) });
  const handler = mutator("m", { mayChange: [{ field: "password", rule: "any" }] });
  const asked = question(clock, { data: { id: 12, password: "s3cret" } });
  const { verdict } = await decide(asked, [handler], { tasks, clock });
  assert.equal(tasks.asked[0]?.call.event.data["password"], "s3cret");
  assert.equal(verdict.data?.["password"], "new-secret");
  assert.deepEqual(verdict.changes, [{ path: "password", from: '"***"', to: '"***"', handler: "m" }]);
});
