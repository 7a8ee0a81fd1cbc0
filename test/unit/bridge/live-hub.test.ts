import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveHub } from "../../../src/bridge/admin/live.ts";
import type { Look } from "../../../src/operations/flow.ts";
import { FakeClock } from "../../support/fake-clock.ts";

test("instances are looked at every two seconds while somebody listens, also by one who comes back during a look", async () => {
  const clock = new FakeClock();
  let looks = 0;
  const look = (): Promise<Look> =>
    new Promise((_resolve, reject) => {
      looks++;
      clock.after(100, () => reject(new Error("away")));
    });
  const hub = new LiveHub({ look }, clock);
  let end = hub.subscribe(() => undefined);
  for (let turn = 0; turn < 5; turn++) {
    await clock.advance(2050);
    end();
    end = hub.subscribe(() => undefined);
  }
  looks = 0;
  await clock.advance(2100 * 4);
  assert.equal(looks, 4);
  end();
  await clock.advance(10_000);
  assert.deepEqual([looks, clock.pendingTimers], [4, 0]);
});
