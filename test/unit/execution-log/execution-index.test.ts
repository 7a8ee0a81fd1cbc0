import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startExecutionIndex } from "../../../src/execution-log/execution-index.ts";
import type { IndexSettings } from "../../../src/execution-log/messages.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import { FakeClock } from "../../support/fake-clock.ts";

test("while the index's thread is dead it says so at once, and a close leaves nothing that starts it again", async () => {
  const clock = new FakeClock();
  // Without settings a thread cannot live.
  const settings = { ...{ kafka: null, registry: null, topics: {} }, folder: "/nowhere", prefix: "p" };
  const index = startExecutionIndex(settings as unknown as IndexSettings, silentLogger, clock);
  const isAwaited = (): boolean => index.state().status === "unusable" && clock.pendingTimers > 0;
  while (!isAwaited()) await setTimeout(5);
  await assert.rejects(index.execution("e1"), { code: "INDEX_UNAVAILABLE" });
  assert.equal(clock.pendingTimers, 1, "it is to be started again");
  await clock.advance(5000);
  while (!isAwaited()) await setTimeout(5);
  await assert.rejects(index.execution("e1"), { code: "INDEX_UNAVAILABLE" });
  await index.close(1000);
  assert.equal(clock.pendingTimers, 0);
  await assert.rejects(index.execution("e1"), { code: "CLOSED" });
});
