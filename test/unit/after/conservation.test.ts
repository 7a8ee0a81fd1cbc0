import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Kind } from "./sim-events.ts";
import { type SimOptions, Simulation } from "./simulation.ts";
import { live, type Step } from "./steps.ts";

/**
 * Every kind of trouble in one run, and one law at every moment: each event is in exactly one of unsettled, parked,
 * delivered, dead-lettered (and what went back from there is an event of its own), passed over. The ledger says so by what
 * handlers got, what was written as a dead letter, and what is committed; `audit` looks after each step.
 */

const partition = fc.integer({ min: 0, max: 2 });
const member = fc.integer({ min: 0, max: 1 });
const owners = fc.array(fc.integer({ min: -1, max: 1 }), { minLength: 4, maxLength: 4 });
const key = fc.constantFrom("a", "b", "c", "d", null);
const handler = fc.constantFrom("first", "second");
const of = <D extends Step["do"]>(what: D): fc.Arbitrary<D> => fc.constant(what);
const kind = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Kind>("ok") },
  { weight: 5, arbitrary: fc.constantFrom<Kind>("refused", "mixed", "poison", "vendor", "tombstone") },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: of("burst"), partition, key, count: fc.integer({ min: 1, max: 7 }) }) },
  {
    weight: 14,
    arbitrary: fc.record({ do: of("produce"), partition, key, kind, gap: fc.constantFrom(0, 0, 0, 2) }),
  },
  { weight: 22, arbitrary: fc.record({ do: of("poll"), member, most: fc.constantFrom(3, 10) }) },
  { weight: 24, arbitrary: fc.record({ do: of("pass"), ms: fc.constantFrom(10, 60, 300, 2000, 20_000) }) },
  {
    weight: 9,
    arbitrary: fc.record({
      do: of("replay"),
      from: fc.nat(50),
      most: fc.integer({ min: 1, max: 4 }),
      mended: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
      foreign: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: of("sicken"), key: fc.constantFrom("a", "b") }) },
  { weight: 3, arbitrary: fc.record({ do: of("heal"), key: fc.constantFrom("a", "b") }) },
  { weight: 3, arbitrary: fc.record({ do: of("outage"), handler }) },
  { weight: 4, arbitrary: fc.record({ do: of("back"), handler }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: of("switch"),
      handler: fc.integer({ min: 0, max: 1 }),
      status: fc.constantFrom("enabled" as const, "disabled" as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: of("rebalance"), owners, unaware: fc.integer({ min: -1, max: 1 }) }) },
  { weight: 3, arbitrary: fc.record({ do: of("crash"), member, owners }) },
  { weight: 2, arbitrary: fc.record({ do: of("drain"), member, owners, ms: fc.constantFrom(100, 15_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: of("toggle"),
      what: fc.constantFrom("commits" as const, "letters" as const, "registry" as const, "parks" as const),
    }),
  },
);

const both = (most: number): Step[] => [0, 1].map((at) => ({ do: "poll", member: at, most }));
const pass = (...times: number[]): Step[] => times.map((ms) => ({ do: "pass", ms }));
const burst = (at: number, of: string, count: number): Step => ({ do: "burst", partition: at, key: of, count });
const bad = (at: number, what: Kind): Step => ({ do: "produce", partition: at, key: "d", kind: what, gap: 0 });
const back = (from: number): Step => ({ do: "replay", from, most: 4, mended: false, foreign: false });

/** Each of these happens in every run, in any order, with anything else between them and in the middle of them. */
const scenes: readonly (readonly Step[])[] = [
  [
    ...["a", "b", "c", "d"].flatMap((one) => [burst(0, one, 2), burst(1, one, 2)]),
    { do: "outage", handler: "first" },
    ...both(10),
    ...pass(300, 300, 2000, 2000),
    { do: "back", handler: "first" },
  ],
  [
    { do: "sicken", key: "a" },
    burst(0, "a", 7),
    burst(2, "a", 7),
    ...both(10),
    ...pass(2000),
    ...both(10),
    ...pass(2000, 300),
    { do: "rebalance", owners: [1, 0, 1, 0], unaware: -1 },
    ...pass(20_000),
  ],
  [
    { do: "sicken", key: "b" },
    burst(1, "b", 7),
    ...both(10),
    ...pass(2000, 300),
    { do: "rebalance", owners: [0, 1, 0, 1], unaware: -1 },
  ],
  [
    ...(["refused", "poison"] as const).flatMap((what) => [bad(0, what), bad(1, what)]),
    bad(2, "mixed"),
    burst(1, "d", 2),
    ...both(10),
    ...pass(20_000, 20_000),
    back(0),
    ...both(3),
    ...pass(2000),
  ],
  [
    { do: "switch", handler: 1, status: "disabled" },
    bad(2, "refused"),
    burst(0, "c", 3),
    back(1),
    ...both(10),
    ...pass(2000),
  ],
  [back(2), ...both(10), ...pass(60), { do: "crash", member: 0, owners: [0, 1, 1, 0] }, ...both(10), ...pass(300)],
];
/** A key is parked in its lane, then more of it, fact by fact; some of them have come back when the next owner looks. */
const bothWays: readonly Step[] = [
  { do: "sicken", key: "a" },
  { do: "order", ordered: true },
  burst(1, "a", 7),
  ...both(10),
  ...pass(2000, 300),
  { do: "order", ordered: false },
  burst(1, "a", 9),
  ...both(10),
  ...pass(2000, 2000),
  { do: "heal", key: "a" },
  ...pass(2000, 300),
  { do: "crash", member: 1, owners: [0, 1, 0, 1] },
  ...both(10),
  ...pass(300),
  { do: "rebalance", owners: [1, 0, 1, 0], unaware: -1 },
];

function runOf({ unordered = false }: SimOptions): fc.Arbitrary<Step[]> {
  const one = unordered ? fc.oneof({ weight: 10, arbitrary: step }, { weight: 1, arbitrary: flips }) : step;
  const told = unordered ? [...scenes, bothWays, bothWays] : scenes;
  const { length } = told;
  return fc
    .tuple(
      fc.shuffledSubarray([...told], { minLength: length }),
      fc.array(fc.array(one, { maxLength: 14, size: "max" }), { minLength: length, maxLength: length }),
    )
    .map(([order, between]) => order.flatMap((scene, at) => [...(between[at] ?? []), ...scene]));
}

/** And handlers come to ask for order, and no more, in the middle of it. */
const flips = fc.record({ do: of("order"), ordered: fc.boolean() });

async function conserves(
  options: SimOptions,
  met: (seen: Simulation["seen"]) => boolean,
  usualRuns = 25,
): Promise<void> {
  let runs = 0;
  let full = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer(), runOf(options), async (seed, steps) => {
      const sim = new Simulation(seed, options);
      await live(sim, steps);
      runs++;
      if (met(sim.seen)) full++;
    }),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? usualRuns) },
  );
  // Everything at once, or the law is held by nothing.
  assert.ok(full > 0, `none of ${runs} runs met everything`);
}

const rateLimit = { perSecond: 4, burst: 2 };

test("every event is somewhere at every moment, through disabling, parking, replay, restarts, breaker, rate limit and poison, and arrives in the end", () =>
  conserves({ rateLimit }, ({ overtaken, superseded, ...seen }) => {
    assert.deepEqual([overtaken, superseded], [0, 0]);
    return Object.values(seen).every((times) => times > 0);
  }));

test("the same holds where handlers ask for the latest state: what is passed over is, and the newest arrives", () =>
  conserves(
    { rateLimit, latest: true },
    ({ held, replayed, superseded }) => held > 0 && replayed > 0 && superseded > 0,
  ));

test("the same holds where handlers ask for no order, and where they come to ask for it: nobody waits for his key, and all arrive", () =>
  conserves(
    { rateLimit, unordered: true },
    ({ opened, overtaken, parked, replayed, restored, unparked }) =>
      [opened, overtaken, parked, replayed, restored, unparked].every((times) => times > 0),
    15,
  ));
