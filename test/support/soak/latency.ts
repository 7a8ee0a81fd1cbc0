import type { BillingClient } from "../../../src/sdk/client-options.ts";
import { quantile } from "../faults/row.ts";
import { FreshTopics } from "../fresh-topics.ts";
import { asked, told } from "../handlers.ts";
import { deadUrl } from "../sink.ts";
import { buildProgram } from "./built.ts";
import type { SoakScenario } from "./scenario.ts";
import { SoakScene } from "./soak-scene.ts";

/** Whether facts that wait behind a dead handler move a verdict's latency. */

/** Of 99 % of the requests: with the facts against without. */
const mostRatio = 1.2;

async function askOnce(core: BillingClient, id: number): Promise<number> {
  const { decidedBy, ms } = await core.request({ id: "clients.update", data: { id, name: "n" } }, { deadlineMs: 5000 });
  if (decidedBy !== "handler") throw new Error(`decided by ${decidedBy}`);
  return ms;
}

const latency: SoakScenario = {
  id: "latency",
  title: "a million facts stand behind a dead handler while requests are answered by the same bridge",
  inTests: false,
  run: (run) =>
    SoakScene.play(run, async (scene) => {
      await buildProgram();
      const count = run.short ? 30_000 : 1_000_000;
      const rounds = run.short ? 3 : 12;
      const each = run.short ? 50 : 250;
      const events = ["clients.update"];
      const guard = asked({ id: "guard", events, url: scene.sink.url("/guard"), timeoutMs: 1000 });
      const dead = told({ id: "dead", events, url: await deadUrl() });
      // One bridge has the facts, one has none; both run all the time, and are asked in turns: the machine's moods are theirs alike.
      const idleTopics = await FreshTopics.open({ partitions: 6, servers: run.place.servers });
      try {
        await scene.bridge({ stage: "all", built: true, handlers: [guard, dead] });
        await scene.bridge({ stage: "all", built: true, handlers: [guard, dead], env: idleTopics.env });
        const options = { onSilence: "forbid", events, skipWithoutHandlers: false } as const;
        const cores = {
          behind: await scene.topics.core({ ...options, events: ["clients.update"] }),
          idle: await idleTopics.core({ ...options, events: ["clients.update"] }),
        };
        const measure = async (): Promise<Record<keyof typeof cores, number[]>> => {
          const took = { behind: [] as number[], idle: [] as number[] };
          for (let round = 0; round < rounds; round++) {
            for (const which of ["behind", "idle"] as const) {
              for (let number = 0; number < each; number++) took[which].push(await askOnce(cores[which], number + 1));
            }
          }
          return { behind: took.behind.sort((a, b) => a - b), idle: took.idle.sort((a, b) => a - b) };
        };
        const ratios = ({ behind, idle }: Record<keyof typeof cores, number[]>): readonly number[] =>
          [0.5, 0.99].map((share) => quantile(behind, share) / quantile(idle, share));
        const text = (what: string, took: Record<keyof typeof cores, number[]>): string => {
          const [median = 0, high = 0] = ratios(took);
          const ms = (share: number): string =>
            `${quantile(took.behind, share).toFixed(1)} against ${quantile(took.idle, share).toFixed(1)} ms`;
          return `${what}: median x ${median.toFixed(2)} (${ms(0.5)}), 99 % x ${high.toFixed(2)} (${ms(0.99)})`;
        };
        await measure();
        scene.figures.push(text("before any fact", await measure()));
        const published = await scene.producer.all({ count, perSecond: 20_000, keys: 20_000 });
        const took = await measure();
        scene.figures.push(text("with the facts", took));
        const [, high = 0] = ratios(took);
        if (!run.short && high > mostRatio) scene.broken.push(`99 % of the requests: x ${high.toFixed(2)}`);
        return { events: published, attempts: 0, repeated: 0, mayRepeat: 0, lost: 0, outOfOrder: 0 };
      } finally {
        await idleTopics.close();
      }
    }),
};

export const latencies: readonly SoakScenario[] = [latency];
