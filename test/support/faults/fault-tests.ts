import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openStack, type Stack } from "../../../src/dev-stack/stack.ts";
import { sharedServers } from "../fresh-topics.ts";
import type { Row } from "./row.ts";
import { brokenPromises, type Group, type Place, type Stage } from "./scenario.ts";

const startMs = 180_000;
/** On a machine that is busy elsewhere every call may time out before the fault shows; the promises hold all the same. */
const runs = 3;
const recoverMs = 4000;

/** The short form of a group's scenarios, each a test. */
export function testFaults(group: Group): void {
  let stack: Stack | null = null;
  let stage: Stage | null = null;

  async function place(): Promise<Place> {
    if (!group.strikesBroker) return { servers: sharedServers, broker: null };
    stack = await openStack({ name: `fault-verdicts-${process.pid}`, kind: "maven" });
    return { servers: stack.addresses, broker: stack.servers?.broker ?? null };
  }

  before(
    async () => {
      stage = await group.open(await place());
    },
    { timeout: startMs },
  );

  after(async () => {
    await stage?.close();
    await stack?.stop();
  });

  for (const { id, title } of group.scenarios) {
    test(`${title}: each verdict comes in time, and what was asked and answered explains it`, async (t) => {
      assert.ok(stage !== null, "the bridge did not start");
      const scenario = stage.scenario(id);
      let unproven: string | null = null;
      for (let run = 1; run <= runs; run++) {
        const row = await scenario.run(group.short);
        t.diagnostic(summaryOf(row));
        assert.deepEqual(brokenPromises(row), []);
        unproven = scenario.unproven(row);
        if (unproven === null) return;
        // Breakers that other troubles opened close meanwhile.
        await sleep(recoverMs);
      }
      assert.fail(`the fault did not show: ${unproven}`);
    });
  }
}

function summaryOf({ decidedBy, outcomes, ownLagMs, requests, worst }: Row): string {
  const share = (worst * 100).toFixed(1);
  const counts = `decided by ${JSON.stringify(decidedBy)}, outcomes ${JSON.stringify(outcomes)}`;
  return `${requests} requests, worst ${share} % of the deadline, own lag ${Math.round(ownLagMs)} ms, ${counts}`;
}
