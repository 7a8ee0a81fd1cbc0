import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide } from "../../../src/before/chain.ts";
import { lineUp } from "../../../src/before/line-up.ts";
import type { AskOutcome } from "../../../src/before/ports.ts";
import { proveBudget } from "../../../src/config/budget.ts";
import { failureKinds } from "../../../src/model/failure.ts";
import { type BeforeHandler } from "../../../src/model/handler.ts";
import {
  allow,
  beforeHandler,
  conditionThat,
  FakeTasks,
  forbid,
  mutator,
  patch,
  question,
} from "../../support/before-handlers.ts";
import { FakeClock } from "../../support/fake-clock.ts";

type Behaviour =
  | { readonly kind: "never" | "throws" | "rejects" | "ignores-abort" }
  | { readonly kind: "settles"; readonly afterMs: number; readonly outcome: AskOutcome };

const outcome: fc.Arbitrary<AskOutcome> = fc.oneof(
  fc.constant(allow),
  fc.constant(forbid("no")),
  fc.string({ maxLength: 30 }).map((name) => patch({ name })),
  fc.constant(patch({ id: 99 })),
  fc.constantFrom(...failureKinds).map((kind) => ({ kind: "failure", failure: { kind, detail: "x" } }) as const),
);

const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  fc.constantFrom("never", "throws", "rejects", "ignores-abort").map((kind) => ({ kind })),
  fc.record({ kind: fc.constant("settles" as const), afterMs: fc.integer({ min: 0, max: 3000 }), outcome }),
);

const settings = fc.record({
  mutates: fc.boolean(),
  priority: fc.integer({ min: 1, max: 4 }),
  timeoutMs: fc.integer({ min: 20, max: 2000 }),
  policy: fc.constantFrom("allow" as const, "forbid" as const),
  mode: fc.constantFrom("enforce" as const, "warn" as const),
  bestEffort: fc.boolean(),
  condition: fc.constantFrom("match", "no-match", "error", "none"),
  behaviour,
});
type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never;

function handlerOf(one: Settings, at: number): BeforeHandler {
  return (one.mutates ? mutator : beforeHandler)(`h${at}`, {
    priority: one.priority,
    timeoutMs: one.timeoutMs,
    onFailure: { default: one.policy, byKind: {} },
    mode: one.mode,
    bestEffort: one.bestEffort,
    condition:
      one.condition === "none"
        ? null
        : conditionThat(() => ({ kind: one.condition as "match" | "no-match" | "error", detail: "x" })),
  });
}

function tasksOf(all: readonly Settings[], clock: FakeClock): FakeTasks {
  const behave = (one: Behaviour) => (): Promise<AskOutcome> => {
    switch (one.kind) {
      case "throws":
        throw new Error("boom");
      case "rejects":
        return Promise.reject(new Error("boom"));
      case "never":
      case "ignores-abort":
        return new Promise(() => undefined);
      case "settles":
        return new Promise((resolve) => void clock.after(one.afterMs, () => resolve(one.outcome)));
    }
  };
  return new FakeTasks(Object.fromEntries(all.map((one, at) => [`h${at}`, behave(one.behaviour)])));
}

const chains = fc.array(settings, { maxLength: 6 });

test("property: a verdict is folded by its time whatever handlers do, and no call outlives it", async () => {
  await fc.assert(
    fc.asyncProperty(chains, fc.integer({ min: -50, max: 4600 }), async (all, budgetMs) => {
      const clock = new FakeClock();
      const tasks = tasksOf(all, clock);
      const asked = question(clock, { budgetMs });
      const startMs = clock.monotonicMs();
      const { verdict } = await clock.until(decide(asked, all.map(handlerOf), { tasks, clock }));
      assert.ok(clock.monotonicMs() <= Math.max(asked.decideByMs, startMs));
      assert.ok(["allow", "forbid"].includes(verdict.decision));
      for (const call of tasks.asked) assert.ok(call.settled || call.signal.aborted, `${call.id} was left running`);
      for (const call of tasks.asked) {
        const own = all[Number(call.id.slice(1))]?.timeoutMs ?? 0;
        assert.ok(call.call.timeoutMs <= own && call.call.timeoutMs >= 20);
      }
    }),
    { numRuns: 300 },
  );
});

test("property: adding an enforced validator never turns forbid into allow", async () => {
  await fc.assert(
    fc.asyncProperty(chains, settings, async (all, added) => {
      const decided = async (list: readonly Settings[]) => {
        const clock = new FakeClock();
        const tasks = tasksOf(list, clock);
        // Time enough for all, so that the added one takes nothing from the others (the budget proof sees to that).
        const asked = question(clock, { budgetMs: 60_000 });
        return (await clock.until(decide(asked, list.map(handlerOf), { tasks, clock }))).verdict.decision;
      };
      const before = await decided(all);
      const after = await decided([...all, { ...added, mutates: false, mode: "enforce" }]);
      if (before === "forbid") assert.equal(after, "forbid");
    }),
    { numRuns: 200 },
  );
});

test("property: who runs and in which order is a function of the settings, not of the order they are given in", () => {
  fc.assert(
    fc.property(chains, fc.infiniteStream(fc.nat()), (all, randoms) => {
      const handlers = all.map(handlerOf);
      const shuffled = handlers
        .map((handler) => ({ handler, key: randoms.next().value as number }))
        .sort((left, right) => left.key - right.key)
        .map(({ handler }) => handler);
      assert.deepEqual(lineUp(shuffled, "clients.update", "12"), lineUp(handlers, "clients.update", "12"));
    }),
  );
});

test("property: a failing mutator with onFailure allow is the identity", async () => {
  const failing = fc.oneof(
    fc.constantFrom(patch({ id: 99 }), patch({ status: "disabled" }), patch({ name: 5 }), patch({ name: null })),
    fc.constantFrom(...failureKinds).map((kind) => ({ kind: "failure", failure: { kind, detail: "x" } }) as const),
  );
  await fc.assert(
    fc.asyncProperty(chains, failing, fc.integer({ min: 1, max: 4 }), async (all, failure, priority) => {
      const decided = async (extra: boolean) => {
        const clock = new FakeClock();
        const base = tasksOf(all, clock);
        const tasks = {
          ask: (...[h, c, s]: Parameters<FakeTasks["ask"]>) =>
            h.id === "failing" ? Promise.resolve(failure) : base.ask(h, c, s),
        };
        const onFailure = { default: "allow", byKind: {} } as const;
        const handlers = [...all.map(handlerOf), ...(extra ? [mutator("failing", { priority, onFailure })] : [])];
        const { verdict } = await clock.until(
          decide(question(clock, { budgetMs: 60_000 }), handlers, { tasks, clock }),
        );
        return { decision: verdict.decision, reason: verdict.reason, data: verdict.data, changes: verdict.changes };
      };
      assert.deepEqual(await decided(true), await decided(false));
    }),
    { numRuns: 200 },
  );
});

test("property: the budget proof is sound: what it accepts never meets no-budget, though every handler hangs", async () => {
  await fc.assert(
    fc.asyncProperty(chains, fc.integer({ min: 500, max: 5000 }), async (all, deadlineMs) => {
      const handlers = all.map((one, at) => handlerOf({ ...one, policy: "allow", condition: "none" }, at));
      fc.pre(proveBudget(handlers, deadlineMs).every((row) => row.fits));
      const clock = new FakeClock();
      const hanging = new FakeTasks(
        Object.fromEntries(handlers.map(({ id }) => [id, () => new Promise(() => undefined)])),
      );
      const asked = question(clock, { budgetMs: deadlineMs - 400 });
      const { verdict } = await clock.until(decide(asked, handlers, { tasks: hanging, clock }));
      assert.ok(verdict.handlers.every(({ outcome }) => outcome !== "no-budget"));
      for (const { id, call } of hanging.asked) {
        const handler = handlers.find((one) => one.id === id);
        if (handler?.bestEffort === false) assert.equal(call.timeoutMs, handler.timeoutMs);
      }
    }),
    { numRuns: 300 },
  );
});
