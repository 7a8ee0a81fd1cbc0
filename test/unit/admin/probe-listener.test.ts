import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startProbeListener } from "../../../src/admin/probe-listener.ts";

describe("the probe listener", () => {
  it("is live at once, and ready only while every check holds, naming those that do not", async (context) => {
    const holds = { assigned: false };
    const listener = await startProbeListener({
      host: "127.0.0.1",
      port: 0,
      checks: [
        { name: "assigned", holds: () => holds.assigned },
        { name: "producer", holds: () => true },
      ],
      metrics: () => Promise.resolve({ contentType: "text/plain", text: "up 1\n" }),
    });
    context.after(() => listener.close());
    const get = (path: string) =>
      fetch(`http://127.0.0.1:${listener.port}${path}`, { headers: { connection: "close" } });
    assert.equal((await get("/livez")).status, 200);
    const waiting = await get("/readyz");
    assert.equal(waiting.status, 503);
    assert.deepEqual(await waiting.json(), { ready: false, waitingFor: ["assigned"] });
    holds.assigned = true;
    assert.equal((await get("/readyz")).status, 200);
    assert.equal(await (await get("/metrics")).text(), "up 1\n");
    assert.equal((await get("/else")).status, 404);
  });

  it("says which setting to change when its port is taken", async (context) => {
    const options = { host: "127.0.0.1", port: 0, checks: [], metrics: () => Promise.reject(new Error("none")) };
    const first = await startProbeListener(options);
    context.after(() => first.close());
    await assert.rejects(startProbeListener({ ...options, port: first.port }), /HTTP_PORT/);
    const metrics = await fetch(`http://127.0.0.1:${first.port}/metrics`, { headers: { connection: "close" } });
    assert.equal(metrics.status, 500);
  });
});
