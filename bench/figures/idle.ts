import { setTimeout as sleep } from "node:timers/promises";
import { FreshTopics } from "../../test/support/fresh-topics.ts";
import { BenchBridge } from "../support/bench-bridge.ts";
import type { Figure } from "../support/place.ts";
import { cpuSeconds, residentMiB } from "../support/process-usage.ts";
import { shown, summary, table } from "../support/rows.ts";

const groups = 20;
const watchedMs = 60_000;

/** A bridge with 20 handler groups and nothing to do. */
export const idle: Figure = {
  id: "idle",
  title: "Idle, and starting",
  async measure({ rounds, say, scale, servers }) {
    const ready: number[] = [];
    const share: number[] = [];
    const resident: number[] = [];
    const topics = await FreshTopics.open({ partitions: 6, servers });
    try {
      const handlers = Array.from({ length: groups }, (_, at) => ({
        ...{
          id: `h${at}`,
          stage: "after",
          events: ["clients.update", "clients.accounts.update", "clients.balance_zero"],
        },
        task: { http: { url: "http://127.0.0.1:9/" } },
      }));
      for (let round = 0; round < rounds; round++) {
        const bridge = await BenchBridge.start(topics.env, handlers);
        try {
          // What starting leaves to be done is not idling.
          await sleep(5000);
          const before = cpuSeconds(bridge.pid);
          await sleep(watchedMs * scale);
          share.push((100_000 * (cpuSeconds(bridge.pid) - before)) / (watchedMs * scale));
          ready.push(bridge.readyMs);
          resident.push(residentMiB(bridge.pid));
        } finally {
          await bridge.stop();
        }
        say(
          `  ready after ${ready.at(-1)?.toFixed(0)} ms, ${share.at(-1)?.toFixed(1)} % of a core, ${resident.at(-1)?.toFixed(0)} MiB`,
        );
      }
    } finally {
      await topics.close();
    }
    return table(
      ["figure", "median (least-most)"],
      [
        [`CPU of an idle bridge with ${groups} handler groups, % of a core`, shown(summary(share), 1)],
        ["from its start to ready, ms", shown(summary(ready), 0)],
        ["resident memory, MiB", shown(summary(resident), 0)],
      ],
    );
  },
};
