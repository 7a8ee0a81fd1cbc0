import { setTimeout as sleep } from "node:timers/promises";
import type { BridgeProcess } from "../bridge-process.ts";
import { told } from "../handlers.ts";
import { deadUrl } from "../sink.ts";
import { buildProgram } from "./built.ts";
import { Resident } from "./resident.ts";
import type { SoakScenario } from "./scenario.ts";
import { SoakScene } from "./soak-scene.ts";

/** What a bridge holds while a million events stand behind handlers that take none. */

/** MiB. */
const mostResident = 350;
/** By how much the last third may be larger than the first. */
const flatShare = 0.1;

const memory: SoakScenario = {
  id: "memory",
  title: "a million events stand behind handlers that are dead, disabled, hanging: resident size of the bridge",
  inTests: false,
  run: (run) =>
    SoakScene.play(run, async (scene) => {
      await buildProgram();
      const count = run.short ? 30_000 : 1_000_000;
      const warmUp = run.short ? 5 : 30;
      const seconds = run.short ? 15 : 90;
      await scene.sink.on("/hanging", { kind: "hang" });
      const events = ["clients.update"];
      const dead = told({ id: "dead", events, url: await deadUrl() });
      const disabled = told({ id: "disabled", events, url: scene.sink.url("/disabled"), status: "disabled" });
      const hanging = told({ id: "hanging", events, url: scene.sink.url("/hanging"), timeoutMs: 5000 });
      const start = (handlers: readonly object[]): Promise<BridgeProcess> =>
        scene.bridge({ stage: "all", built: true, handlers });

      // Their groups begin here.
      await scene.stop(await start([dead, disabled, hanging]));
      const measure = async (what: string, handlers: readonly object[], meanwhile: Promise<unknown>): Promise<void> => {
        const bridge = await start(handlers);
        const resident = new Resident(bridge.pid);
        await meanwhile;
        await sleep((warmUp + seconds) * 1000);
        resident.stop();
        const { early, late, max, median, min, perMinute, seconds: length } = resident.after(warmUp);
        const figures = [min, median, max].map((size) => Math.round(size)).join("/");
        const line = `${what}: ${figures} MiB (least/median/most), ${perMinute.toFixed(1)} MiB a minute over ${length} s`;
        scene.figures.push(line);
        scene.say(line);
        if (max > mostResident) scene.broken.push(`${what}: ${Math.round(max)} MiB`);
        if (late > early * (1 + flatShare)) scene.broken.push(`${what}: it grows from ${early} to ${late} MiB`);
        await scene.stop(bridge);
      };
      const published = scene.producer.all({ count, perSecond: 20_000, keys: 20_000 });
      await measure("dead, while they are published and after", [dead], published);
      scene.say(`${await published} events`);
      const none = Promise.resolve();
      await measure("disabled", [disabled], none);
      await measure("hanging", [hanging], none);
      await measure("all three", [dead, disabled, hanging], none);
      for (const group of ["dead", "disabled", "hanging"]) {
        const [topic] = await scene.topics.admin.fetchOffsets({
          groupId: scene.topics.afterGroup(group),
          topics: [scene.topics.names.facts.clients],
        });
        if (topic?.partitions.some(({ offset }) => offset !== "0"))
          scene.broken.push(`${group}: something is committed that nobody took`);
      }
      const { attempts } = await scene.sink.counts("/hanging");
      return { events: await published, attempts, repeated: 0, mayRepeat: 0, lost: 0, outOfOrder: 0 };
    }),
};

export const memories: readonly SoakScenario[] = [memory];
