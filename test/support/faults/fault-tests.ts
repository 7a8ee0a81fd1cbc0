import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openStack, type Stack } from "../../../src/dev-stack/stack.ts";
import { sharedServers } from "../fresh-topics.ts";
import type { Row } from "./row.ts";
import { type Group, type Place, type Stage, show } from "./scenario.ts";

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
      const { broken, row } = await show(stage.scenario(id), group.short);
      t.diagnostic(summaryOf(row));
      assert.deepEqual(broken, []);
    });
  }
}

function summaryOf({ decidedBy, outcomes, ownLagMs, requests, worst }: Row): string {
  const share = (worst * 100).toFixed(1);
  const counts = `decided by ${JSON.stringify(decidedBy)}, outcomes ${JSON.stringify(outcomes)}`;
  return `${requests} requests, worst ${share} % of the deadline, own lag ${Math.round(ownLagMs)} ms, ${counts}`;
}
