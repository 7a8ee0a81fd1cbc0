import assert from "node:assert/strict";
import { readNote } from "../../../src/model/commit-note.ts";
import { sequenceOf } from "../../../src/model/record.ts";
import type { Kind } from "./sim-events.ts";
import { Member } from "./sim-member.ts";
import { partitionAt, type Simulation } from "./simulation.ts";

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
  | { do: "outage" | "back"; handler: string }
  /** So many dead letters, from this one on, go back; `mended`: what they were refused for is taken from now on. */
  | { do: "replay"; from: number; most: number; mended: boolean; foreign: boolean }
  | { do: "order"; ordered: boolean }
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
    case "outage":
      sim.down.add(now.handler);
      return;
    case "back":
      sim.down.delete(now.handler);
      return;
    case "replay": {
      if (now.mended) sim.strict = false;
      const standing = sim.letters.filter(({ replayed }) => !replayed);
      const start = standing.length === 0 ? 0 : now.from % standing.length;
      sendBack(sim, standing.slice(start, start + now.most), now.foreign);
      return;
    }
    case "order":
      sim.order(now.ordered);
      return;
    case "switch":
      sim.switchHandler(now.handler, now.status);
  }
}

function sendBack(sim: Simulation, letters: Simulation["letters"], foreign = false): void {
  for (const one of letters) {
    // Told to another group it still stands for this one.
    one.replayed = !foreign;
    if (!foreign) sim.seen.replayed++;
    sim.replay(one, foreign);
  }
}

/** Everything outside is well again, and stays so: everything must end. */
async function recover(sim: Simulation): Promise<void> {
  sim.commitsFail = false;
  sim.lettersFail = false;
  sim.parkFails = false;
  sim.reader.away = false;
  sim.strict = false;
  sim.sickKeys.clear();
  sim.down.clear();
  sim.switchHandler(0, "enabled");
  sim.switchHandler(1, "enabled");
  sim.rebalance([0, 1, 0, 1]);
  // What could never be read is refused again for ever: it goes back once more, and stands then.
  let poison = true;
  for (let round = 0; round < 600; round++) {
    for (const one of sim.members) one.poll(5);
    await sim.clock.advance(2000);
    assert.deepEqual(sim.violations, []);
    if (!sim.members.every((one) => one.caughtUp)) continue;
    const back = sim.letters.filter(({ letter, replayed }) => !replayed && (poison || letter.handler !== null));
    if (back.length === 0) return;
    sendBack(sim, back);
    poison = false;
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
    sim.rebalance([0, 1, 0, 1]);
    for (const now of steps) {
      await take(sim, now);
      sim.audit();
      assert.deepEqual(sim.violations, []);
    }
    await recover(sim);
    sim.audit();
  } finally {
    process.off("unhandledRejection", watch);
  }
  assert.equal(broken, null);
  assert.deepEqual(sim.violations, []);
  sim.logs.forEach((log, place) => {
    for (const at of log) assert.ok(sim.hasEnded(sequenceOf(at)));
    const last = log.at(-1);
    const { topic, partition } = partitionAt(place);
    if (last !== undefined) assert.equal(sim.committed.get(place)?.offset, last.offset + 1, `${topic}/${partition}`);
    assert.equal(readNote(sim.committed.get(place)?.metadata ?? null).park, null, "something is parked still");
  });
  assert.deepEqual(sim.missing(), [], "never arrived, not even from the dead letters");
  // What was left of crashed members runs out; the living set no timer while nothing is to do.
  await sim.clock.advance(25 * 3600_000);
  assert.equal(sim.clock.pendingTimers, 0);
}
