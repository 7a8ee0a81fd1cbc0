import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide } from "../../../src/before/chain.ts";
import { downKinds, explainBefore } from "../../../src/before/explain.ts";
import type { AskOutcome } from "../../../src/before/ports.ts";
import { type FailureKind, failureKinds } from "../../../src/model/failure.ts";
import type { BeforeHandler } from "../../../src/model/handler.ts";
import { beforeHandler, conditionThat, FakeTasks, mutator, never, question } from "../../support/before-handlers.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const shareMs = 1100;
const asked = question(new FakeClock());
const explain = (handlers: readonly BeforeHandler[], ms = shareMs) =>
  explainBefore(asked.event, asked.recode, handlers, ms, asked.client);

test("who is asked stands in the order of the chain, who is not with the reason", async () => {
  const noMatch = conditionThat(() => ({ kind: "no-match" }));
  const { mutators, validators, notAsked } = await explain([
    beforeHandler("validator", { priority: 1 }),
    mutator("second", { priority: 20 }),
    mutator("first", { priority: 10 }),
    mutator("unconcerned-first", { priority: 1, condition: noMatch }),
    mutator("unconcerned-last", { priority: 30, condition: noMatch }),
    beforeHandler("unconcerned-validator", { priority: 1, condition: noMatch }),
    beforeHandler("off", { status: "disabled" }),
    beforeHandler("gone", { status: "archived" }),
    beforeHandler("elsewhere", { events: ["clients.create"], status: "disabled" }),
    beforeHandler("watching", { mode: "shadow" }),
  ]);
  assert.deepEqual(
    mutators.map(({ id, role }) => `${id} ${role}`),
    ["first mutator", "second mutator"],
  );
  assert.deepEqual(
    validators.map(({ id, role }) => `${id} ${role}`),
    ["validator validator"],
  );
  assert.deepEqual(notAsked, [
    { id: "unconcerned-first", why: "when", mutatorMayChangeThat: false },
    { id: "unconcerned-validator", why: "when", mutatorMayChangeThat: true },
    { id: "unconcerned-last", why: "when", mutatorMayChangeThat: true },
    { id: "elsewhere", why: "other-events" },
    { id: "gone", why: "archived" },
    { id: "off", why: "disabled" },
    { id: "watching", why: "shadow" },
  ]);
});

test("the verdict if a handler were down follows its policy for that kind of failure", async () => {
  const onFailure = { default: "forbid", byKind: { timeout: "allow" } } as const;
  const { ifAllAllow, ifDown } = await explain([beforeHandler("h", { onFailure }), beforeHandler("other")]);
  assert.deepEqual([ifAllAllow.decision, ifAllAllow.decidedBy, ifAllAllow.ms], ["allow", "handler", 0]);
  const of = (kind: FailureKind) => ifDown.find((one) => one.down === "h" && one.kind === kind);
  assert.deepEqual(of("unreachable"), {
    ...{ down: "h", kind: "unreachable", decision: "forbid", decidedBy: "failure-policy", handler: "h" },
    ...{ warnings: [], reasonCode: "unreachable", ms: 0 },
  });
  assert.deepEqual([of("timeout")?.decision, of("timeout")?.ms], ["allow", 300]);
});

test("a condition that cannot be evaluated decides by its policy though nobody is down", async () => {
  const condition = conditionThat(() => ({ kind: "error", detail: "broken" }));
  const { validators, ifAllAllow } = await explain([beforeHandler("h", { condition })]);
  assert.equal(validators[0]?.conditionError, "broken");
  assert.deepEqual([ifAllAllow.decision, ifAllAllow.reasonCode], ["forbid", "condition"]);
});

test("without handlers there is nobody to be down", async () => {
  const { ifAllAllow, ifDown } = await explain([]);
  assert.deepEqual([ifAllAllow.decision, ifAllAllow.decidedBy], ["allow", "no-handler"]);
  assert.deepEqual(ifDown, []);
});

test("that all are down is told apart from one being down only where there are several", async () => {
  const lenient = { default: "allow", byKind: {} } as const;
  const both = await explain([mutator("a", { onFailure: lenient }), beforeHandler("b", { onFailure: lenient })]);
  const all = both.ifDown.filter(({ down }) => down === null);
  assert.deepEqual(
    all.map(({ kind }) => kind),
    downKinds,
  );
  assert.equal(all.find(({ kind }) => kind === "timeout")?.ms, 600, "one after the other");
  assert.ok((await explain([mutator("a")])).ifDown.every(({ down }) => down === "a"));
});

const policies = fc.record({
  default: fc.constantFrom("allow" as const, "forbid" as const),
  byKind: fc.dictionary(fc.constantFrom(...failureKinds), fc.constantFrom("allow" as const, "forbid" as const)),
});
const chains = fc.array(
  fc.record({
    mutates: fc.boolean(),
    priority: fc.integer({ min: 1, max: 3 }),
    timeoutMs: fc.integer({ min: 20, max: 600 }),
    onFailure: policies,
    mode: fc.constantFrom("enforce" as const, "warn" as const, "shadow" as const),
    bestEffort: fc.boolean(),
    condition: fc.constantFrom("match", "no-match", "error", "none"),
  }),
  { minLength: 1, maxLength: 5 },
);

test("property: the verdict foretold is the one decided when handlers really fail so", async () => {
  await fc.assert(
    fc.asyncProperty(chains, fc.integer({ min: 30, max: 3000 }), async (all, ms) => {
      const handlers = all.map(({ mutates, condition, ...rest }, at) =>
        (mutates ? mutator : beforeHandler)(`h${at}`, {
          ...rest,
          condition: condition === "none" ? null : conditionThat(() => ({ kind: condition, detail: "x" })),
        }),
      );
      const { ifDown, mutators, validators } = await explain(handlers, ms);
      const ids = [...mutators, ...validators].map(({ id }) => id);
      assert.equal(ifDown.length, downKinds.length * (ids.length + (ids.length > 1 ? 1 : 0)));
      for (const { down, kind, warnings, ...foretold } of ifDown) {
        const failing = kind === "timeout" ? never : failureOf(kind);
        const behaviours = Object.fromEntries((down === null ? ids : [down]).map((id) => [id, failing]));
        const clock = new FakeClock();
        const tasks = new FakeTasks(behaviours);
        const startMs = clock.monotonicMs();
        const { verdict } = await clock.until(decide(question(clock, { budgetMs: ms }), handlers, { tasks, clock }));
        const { decision, decidedBy, handler, reason } = verdict;
        assert.deepEqual(
          { decision, decidedBy, handler, reasonCode: reason?.code ?? null, ms: clock.monotonicMs() - startMs },
          foretold,
        );
        assert.equal(verdict.warnings.length, warnings.length);
      }
    }),
    { numRuns: 60 },
  );
});

test("property: with time enough, who is down forbids exactly if its enforced policy says so", async () => {
  await fc.assert(
    fc.asyncProperty(policies, fc.constantFrom("enforce" as const, "warn" as const), async (onFailure, mode) => {
      const { ifDown } = await explain([beforeHandler("h", { onFailure, mode }), beforeHandler("other")], 60_000);
      for (const { down, kind, decision } of ifDown) {
        if (down !== "h") continue;
        const policy = onFailure.byKind[kind] ?? onFailure.default;
        assert.equal(decision, mode === "enforce" ? policy : "allow", kind);
      }
    }),
  );
});

function failureOf(kind: FailureKind): AskOutcome {
  return { kind: "failure", failure: { kind, detail: "really" } };
}
