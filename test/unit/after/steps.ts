import assert from "node:assert/strict";
import { readNote } from "../../../src/model/commit-note.ts";
import { type Kind, Member, type Simulation } from "./simulation.ts";

/** What can happen to a group, apart from time. */
export type Step =
  | { do: "burst"; partition: number; key: string | null; count: number }
  | { do: "produce"; partition: number; key: string | null; kind: Kind; gap: number }
  | { do: "poll"; member: number; most: number }
  | { do: "pass"; ms: number }
  | { do: "rebalance"; owners: number[]; unaware: number }
  | { do: "crash"; member: number; owners: number[] }
  | { do: "drain"; member: number; owners: number[]; ms: number }
  | { do: "toggle"; what: "commits" | "letters" | "registry" | "parks" }
  | { do: "sicken" | "heal"; key: string }
  | { do: "switch"; handler: number; status: "enabled" | "disabled" };

async function take(sim: Simulation, now: Step): Promise<void> {
  switch (now.do) {
    case "produce":
      sim.produce(now.partition, now.key, now.kind, now.gap);
      return;
    case "burst":
      for (let count = 0; count < now.count; count++) sim.produce(now.partition, now.key, "ok", 0);
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
      else if (now.what === "parks") sim.parkFails = !sim.parkFails;
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
  sim.parkFails = false;
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

/** Lives through the steps, recovers, and holds the ledger against every promise. */
export async function live(sim: Simulation, steps: readonly Step[]): Promise<void> {
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
    assert.equal(readNote(sim.committed.get(partition)?.metadata ?? null).park, null, "something is parked still");
  });
  // What was left of crashed members runs out; the living set no timer while nothing is to do.
  await sim.clock.advance(25 * 3600_000);
  assert.equal(sim.clock.pendingTimers, 0);
}
