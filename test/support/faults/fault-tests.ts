import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openStack, type Stack } from "../../../src/dev-stack/stack.ts";
import { sharedServers } from "../fresh-topics.ts";
import { brokenPromises, type Group, type Place, type Stage } from "./scenario.ts";

const startMs = 180_000;

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
      const row = await scenario.run(group.short);
      const { decidedBy, outcomes, ownLagMs, requests, worst } = row;
      t.diagnostic(
        `${requests} requests, worst ${(worst * 100).toFixed(1)} % of the deadline, own lag ${Math.round(ownLagMs)} ms, ` +
          `decided by ${JSON.stringify(decidedBy)}, outcomes ${JSON.stringify(outcomes)}`,
      );
      assert.deepEqual(brokenPromises(row), []);
      assert.equal(scenario.unproven(row), null);
    });
  }
}
