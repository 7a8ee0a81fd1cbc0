import assert from "node:assert/strict";
import { test } from "node:test";
import type { Occupancy } from "../../../src/model/occupancy.ts";
import { Metrics } from "../../../src/observe/metrics.ts";

test("how busy handlers are is read at each scrape, of every pool, and nothing of a handler that is gone stays", async () => {
  const metrics = new Metrics({ processWide: false });
  let before: readonly Occupancy[] = [{ handler: "a", inFlight: 3, queued: 1, rateLimited: 0 }];
  metrics.observeOccupancy("before", () => before);
  metrics.observeOccupancy("after", () => [{ handler: "a", inFlight: 0, queued: 0, rateLimited: 7 }]);
  const lines = async () =>
    (await metrics.expose()).text.split("\n").filter((line) => line.startsWith("provisioning_bridge_handler_calls{"));
  const name = 'provisioning_bridge_handler_calls{handler="a"';
  assert.deepEqual(await lines(), [
    `${name},stage="before",state="in-flight"} 3`,
    `${name},stage="before",state="queued"} 1`,
    `${name},stage="before",state="rate-limited"} 0`,
    `${name},stage="after",state="in-flight"} 0`,
    `${name},stage="after",state="queued"} 0`,
    `${name},stage="after",state="rate-limited"} 7`,
  ]);
  before = [];
  assert.equal((await lines()).length, 3);
});
