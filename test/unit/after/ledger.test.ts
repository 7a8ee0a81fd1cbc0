import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Kind, Member, partitions, Simulation } from "./simulation.ts";

/** What can happen to a group, apart from time. */
type Step =
  | { do: "produce"; partition: number; key: string | null; kind: Kind; gap: number }
  | { do: "poll"; member: number; most: number }
  | { do: "pass"; ms: number }
  | { do: "rebalance"; owners: number[]; unaware: number }
  | { do: "crash"; member: number; owners: number[] }
  | { do: "drain"; member: number; owners: number[]; ms: number }
  | { do: "toggle"; what: "commits" | "letters" | "registry" }
  | { do: "sicken" | "heal"; key: string }
  | { do: "switch"; handler: number; status: "enabled" | "disabled" };

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
  { weight: 2, arbitrary: fc.record({ do: fc.constant("crash" as const), member, owners }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("drain" as const), member, owners, ms: fc.constantFrom(100, 1000, 15_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("toggle" as const),
      what: fc.constantFrom("commits" as const, "letters" as const, "registry" as const),
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

async function take(sim: Simulation, now: Step): Promise<void> {
  switch (now.do) {
    case "produce":
      sim.produce(now.partition, now.key, now.kind, now.gap);
      return;
    case "poll":
      sim.members[now.member]!.poll(now.most);
      return;
    case "pass":
      return sim.clock.advance(now.ms);
    case "rebalance":
      sim.rebalance(now.owners, now.unaware);
      return;
    case "crash":
      sim.members[now.member]!.crash();
      sim.members[now.member] = new Member(sim);
      sim.rebalance(now.owners);
      return;
    case "drain": {
      const startMs = sim.clock.monotonicMs();
      await sim.clock.until(sim.members[now.member]!.dispatcher.drain(now.ms));
      assert.ok(sim.clock.monotonicMs() - startMs <= now.ms, "the drain passed its deadline");
      sim.members[now.member] = new Member(sim);
      sim.rebalance(now.owners);
      return;
    }
    case "toggle":
      if (now.what === "commits") sim.commitsFail = !sim.commitsFail;
      else if (now.what === "letters") sim.lettersFail = !sim.lettersFail;
      else sim.reader.away = !sim.reader.away;
      return;
    case "sicken":
      sim.sickKeys.add(now.key);
      return;
    case "heal":
      sim.sickKeys.delete(now.key);
      return;
    case "switch":
      sim.switchHandler(now.handler, now.status);
  }
}

/** Everything outside is well again, and stays so: everything must end. */
async function recover(sim: Simulation): Promise<void> {
  assert.deepEqual(sim.violations, []);
  sim.commitsFail = false;
  sim.lettersFail = false;
  sim.reader.away = false;
  sim.sickKeys.clear();
  sim.switchHandler(0, "enabled");
  sim.switchHandler(1, "enabled");
  sim.rebalance([0, 1, 0]);
  for (let round = 0; round < 400; round++) {
    for (const one of sim.members) one.poll(5);
    await sim.clock.advance(2000);
    if (sim.members.every((one) => one.caughtUp)) return;
  }
  assert.fail(`the group never came to rest: ${JSON.stringify(sim.members.map((one) => one.dispatcher.stats()))}`);
}

test("whatever happens to a group, no fact is lost, no key is reordered, and commits are owned, monotone and true", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(step, { minLength: 20, maxLength: 120 }), async (seed, steps) => {
      const sim = new Simulation(seed);
      let broken: unknown = null;
      const watch = (reason: unknown): void => {
        broken = reason;
      };
      process.on("unhandledRejection", watch);
      try {
        sim.rebalance([0, 1, 0]);
        for (const now of steps) await take(sim, now);
        await recover(sim);
      } finally {
        process.off("unhandledRejection", watch);
      }
      assert.equal(broken, null);
      assert.deepEqual(sim.violations, []);
      sim.logs.forEach((log, partition) => {
        for (const { offset } of log) assert.ok(sim.hasEnded(`billing.clients/${partition}/${offset}`));
        const last = log.at(-1);
        if (last !== undefined) assert.equal(sim.committed.get(partition)?.offset, last.offset + 1);
      });
      // What was left of crashed members runs out; the living set no timer while nothing is to do.
      await sim.clock.advance(2 * 3600_000);
      assert.equal(sim.clock.pendingTimers, 0);
    }),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 60) },
  );
});
