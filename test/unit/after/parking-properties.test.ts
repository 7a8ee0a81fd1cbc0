import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Simulation } from "./simulation.ts";
import { live, type Step } from "./steps.ts";

/** Few keys, long lanes, some of them stuck most of the time: most runs park, and many lose an owner with a park. */

const partition = fc.integer({ min: 0, max: 1 });
const member = fc.integer({ min: 0, max: 1 });
const owners = fc.array(fc.integer({ min: -1, max: 1 }), { minLength: 3, maxLength: 3 });
const key = fc.constantFrom("a", "b", null);
const of = <D extends Step["do"]>(what: D): fc.Arbitrary<D> => fc.constant(what);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({ do: of("burst"), partition, key, count: fc.integer({ min: 1, max: 7 }) }),
  },
  { weight: 20, arbitrary: fc.record({ do: of("poll"), member, most: fc.constantFrom(3, 10) }) },
  { weight: 24, arbitrary: fc.record({ do: of("pass"), ms: fc.constantFrom(10, 60, 300, 2000, 70_000) }) },
  { weight: 5, arbitrary: fc.record({ do: of("sicken"), key: fc.constantFrom("a", "b") }) },
  { weight: 4, arbitrary: fc.record({ do: of("heal"), key: fc.constantFrom("a", "b") }) },
  { weight: 4, arbitrary: fc.record({ do: of("rebalance"), owners, unaware: fc.integer({ min: -1, max: 1 }) }) },
  { weight: 3, arbitrary: fc.record({ do: of("crash"), member, owners }) },
  { weight: 2, arbitrary: fc.record({ do: of("drain"), member, owners, ms: fc.constantFrom(100, 15_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: of("toggle"), what: fc.constantFrom("commits" as const, "parks" as const) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: of("switch"),
      handler: fc.integer({ min: 0, max: 1 }),
      status: fc.constantFrom("enabled" as const, "disabled" as const),
    }),
  },
);

test("whatever happens while keys are parked, none of their facts is lost or overtaken, and the park empties", async () => {
  const seen = { parked: 0, unparked: 0, restored: 0 };
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(step, { minLength: 30, maxLength: 120 }), async (seed, steps) => {
      const sim = new Simulation(seed);
      sim.sickKeys.add("a");
      await live(sim, steps);
      seen.parked += sim.seen.parked;
      seen.unparked += sim.seen.unparked;
      seen.restored += sim.seen.restored;
    }),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 60) },
  );
  // The property says nothing of runs in which nothing was parked, and little where no park changed its owner.
  assert.ok(seen.parked > 20 && seen.unparked > 20 && seen.restored > 5, JSON.stringify(seen));
});
