import assert from "node:assert/strict";
import { test } from "node:test";
import { runnerClass, stopHeartbeatsWithRunner } from "../../../src/kafka/patches/stopped-heartbeat.ts";

test("a member that runs sends its heartbeats, one that was told to stop none", async () => {
  stopHeartbeatsWithRunner();
  stopHeartbeatsWithRunner();
  const sent = async (running: boolean): Promise<number> => {
    let heartbeats = 0;
    const runner = {
      running,
      heartbeatInterval: 300,
      consumerGroup: {
        heartbeat: () => {
          heartbeats++;
          return Promise.resolve();
        },
      },
    };
    await runnerClass().prototype.heartbeat.call(runner);
    return heartbeats;
  };
  assert.equal(await sent(true), 1);
  assert.equal(await sent(false), 0);
});
