import { test } from "node:test";
import fc from "fast-check";
import type { Kind } from "./sim-events.ts";
import { partitions, Simulation } from "./simulation.ts";
import { live, type Step } from "./steps.ts";

const keys = ["a", "b", "c", "d"];
const member = fc.integer({ min: 0, max: 1 });
const owners = fc.array(fc.integer({ min: -1, max: 1 }), { minLength: partitions, maxLength: partitions });
const kind = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Kind>("ok") },
  { weight: 5, arbitrary: fc.constantFrom<Kind>("refused", "mixed", "vendor", "tombstone", "poison") },
);
const produce = fc.record({
  do: fc.constant("produce" as const),
  partition: fc.integer({ min: 0, max: partitions - 1 }),
  key: fc.constantFrom(...keys, null),
  kind,
  gap: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 5 })),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 40, arbitrary: produce },
  {
    weight: 16,
    arbitrary: fc.record({ do: fc.constant("poll" as const), member, most: fc.integer({ min: 1, max: 10 }) }),
  },
  {
    weight: 16,
    arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(1, 100, 300, 2000, 70_000) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("rebalance" as const),
      owners,
      unaware: fc.integer({ min: -1, max: 1 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("crash" as const), member, owners }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("drain" as const), member, owners, ms: fc.constantFrom(100, 1000, 15_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("toggle" as const),
      what: fc.constantFrom("commits" as const, "letters" as const, "registry" as const, "parks" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("sicken" as const, "heal" as const),
      key: fc.constantFrom(...keys),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("switch" as const),
      handler: fc.integer({ min: 0, max: 1 }),
      status: fc.constantFrom("enabled" as const, "disabled" as const),
    }),
  },
);

test("whatever happens to a group, no fact is lost, no key is reordered, and commits are owned, monotone and true", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(step, { minLength: 20, maxLength: 120 }), (seed, steps) =>
      live(new Simulation(seed), steps),
    ),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 60) },
  );
});
