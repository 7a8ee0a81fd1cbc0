import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { after, before, test } from "node:test";
import { openStack, type Stack } from "../../src/dev-stack/stack.ts";
import type { SoakPlace } from "../support/soak/scenario.ts";
import { scenarios } from "../support/soak/scenarios.ts";

/** The short form of every scenario of `npm run test:soak` that has one (docs/soak.md). */

let stack: Stack | null = null;
let place: SoakPlace | null = null;

before(
  async () => {
    stack = await openStack({ name: `soak-${process.pid}`, kind: "maven" });
    assert.ok(stack.servers !== null);
    place = { servers: stack.addresses, ...stack.servers };
  },
  { timeout: 180_000 },
);

after(async () => {
  await stack?.stop();
});

for (const { id, inTests, run, title } of scenarios) {
  if (!inTests) continue;
  test(`${title}: none lost, each client's in order, repeated no more than stated, committed to the end (${id})`, async (t) => {
    assert.ok(place !== null, "the servers did not start");
    const seed = randomInt(2 ** 31);
    const { attempts, broken, events, figures, repeated } = await run({
      place,
      short: true,
      seed,
      say: () => undefined,
    });
    t.diagnostic(`seed ${seed}: ${events} events, ${attempts} attempts, ${repeated} repeated; ${figures.join("; ")}`);
    assert.deepEqual(broken, []);
  });
}
