import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide } from "../../../src/before/chain.ts";
import type { AskOutcome, Decided } from "../../../src/before/ports.ts";
import { proveBudget } from "../../../src/config/budget.ts";
import type { BeforeHandler } from "../../../src/model/handler.ts";
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

/** I5: a sick handler affects only the events it matches, and of those never more than its own slot of the budget. */

interface Part {
  readonly handler: BeforeHandler;
  readonly afterMs: number;
  readonly outcome: AskOutcome;
}

const outcome: fc.Arbitrary<AskOutcome> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(allow) },
  { weight: 3, arbitrary: fc.string({ maxLength: 8 }).map((name) => patch({ name })) },
  { weight: 1, arbitrary: fc.constant(forbid("no")) },
);

/** Handlers that are well: they answer within their own time. */
function partOf(id: string): fc.Arbitrary<Part> {
  return fc
    .record({
      mutates: fc.boolean(),
      priority: fc.integer({ min: 1, max: 4 }),
      timeoutMs: fc.integer({ min: 20, max: 300 }),
      share: fc.double({ min: 0, max: 0.9, noNaN: true }),
      outcome,
    })
    .map(({ mutates, outcome: answer, priority, share, timeoutMs }) => ({
      handler: (mutates ? mutator : beforeHandler)(id, { priority, timeoutMs }),
      afterMs: Math.floor(share * timeoutMs),
      // A validator may not change anything: its change would be a failure of its own.
      outcome:
        !mutates && answer !== allow && answer.kind === "answer" && answer.answer.decision === "allow" ? allow : answer,
    }));
}

const well: fc.Arbitrary<readonly Part[]> = fc
  .nat(4)
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => partOf(`well-${at}`))));

const sick = fc.record({
  mutates: fc.boolean(),
  priority: fc.integer({ min: 1, max: 4 }),
  timeoutMs: fc.integer({ min: 20, max: 300 }),
  how: fc.constantFrom("never", "throws", "rejects", "forbids", "changes"),
});
type Sick = typeof sick extends fc.Arbitrary<infer T> ? T : never;

const shareMs = 1100;

interface Run {
  readonly decided: Decided;
  readonly tookMs: number;
  readonly asked: ReadonlyMap<string, number>;
}

async function run(parts: readonly Part[], extra: BeforeHandler | null, how: Sick["how"]): Promise<Run> {
  const clock = new FakeClock();
  const later =
    ({ afterMs, outcome: answer }: Part) =>
    (): Promise<AskOutcome> =>
      new Promise((resolve) => void clock.after(afterMs, () => resolve(answer)));
  const tasks = new FakeTasks({
    ...Object.fromEntries(parts.map((part) => [part.handler.id, later(part)])),
    sick: () => misbehave(how),
  });
  const startMs = clock.monotonicMs();
  const handlers = [...parts.map(({ handler }) => handler), ...(extra === null ? [] : [extra])];
  const decided = await clock.until(decide(question(clock, { budgetMs: shareMs }), handlers, { tasks, clock }));
  const asked = new Map(tasks.asked.map(({ call, id }) => [id, call.timeoutMs]));
  return { decided, tookMs: clock.monotonicMs() - startMs, asked };
}

function misbehave(how: Sick["how"]): Promise<AskOutcome> {
  switch (how) {
    case "never":
      return new Promise(() => undefined);
    case "throws":
      throw new Error("boom");
    case "rejects":
      return Promise.reject(new Error("boom"));
    case "forbids":
      return Promise.resolve(forbid("sick"));
    case "changes":
      return Promise.resolve(patch({ name: "sick", status: "disabled", id: 1 }));
  }
}

function sickHandler({ mutates, priority, timeoutMs }: Sick, options: Partial<BeforeHandler>): BeforeHandler {
  return (mutates ? mutator : beforeHandler)("sick", { priority, timeoutMs, ...options });
}

test("property: a handler of another event, of another condition, or that is disabled changes nothing, not even the time", async () => {
  const elsewhere = fc.constantFrom<Partial<BeforeHandler>>(
    { events: ["clients.delete"] },
    { condition: conditionThat(() => ({ kind: "no-match" })) },
    { status: "disabled" },
    { status: "archived" },
    { mode: "shadow" },
  );
  await fc.assert(
    fc.asyncProperty(well, sick, elsewhere, async (parts, one, options) => {
      const [without, beside] = await Promise.all([
        run(parts, null, one.how),
        run(parts, sickHandler(one, options), one.how),
      ]);
      assert.deepEqual(beside, without);
    }),
    { numRuns: 200 },
  );
});

test("property: one that hangs or breaks, and may not forbid, costs the others none of their time and the verdict its own slot", async () => {
  const onFailure = { default: "allow", byKind: {} } as const;
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(well, sick, async (parts, one) => {
      fc.pre(one.how !== "forbids");
      const handler = sickHandler(one, { onFailure });
      const all = [...parts.map((part) => part.handler), handler];
      fc.pre(proveBudget(all, shareMs + 400).every(({ fits }) => fits));
      const [without, beside] = await Promise.all([run(parts, null, one.how), run(parts, handler, one.how)]);
      compared++;
      const verdictOf = ({ decided: { verdict } }: Run): unknown => [verdict.decision, verdict.reason, verdict.data];
      assert.deepEqual(verdictOf(beside), verdictOf(without));
      assert.ok(beside.tookMs <= without.tookMs + one.timeoutMs, `${beside.tookMs} after ${without.tookMs} ms`);
      for (const { handler: other } of parts) {
        // Asked less only where somebody forbade before its turn, with or without the sick one.
        assert.equal(beside.asked.get(other.id), without.asked.get(other.id), other.id);
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(compared > 100);
});
