import { setTimeout as sleep } from "node:timers/promises";
import { told } from "../handlers.ts";
import type { SoakPlace, SoakScenario } from "./scenario.ts";
import { SoakScene } from "./soak-scene.ts";

/** The broker and the registry go away and come back, under load. */

/** A commit that did not reach the broker is repeated by whoever reads next; a pause makes a group of one join anew. */
const outageShare = 0.1;

function underLoad(
  id: string,
  title: string,
  strike: (place: SoakPlace, short: boolean) => Promise<void>,
): SoakScenario {
  return {
    id,
    title,
    inTests: true,
    run: (run) =>
      SoakScene.play(run, async (scene) => {
        await scene.sink.on("/crm", { kind: "ok", ms: 5, busyEvery: 20 });
        await scene.bridge({
          handlers: [told({ id: "crm", events: ["clients.update"], url: scene.sink.url("/crm") })],
        });
        await scene.producer.begin({ count: null, perSecond: 100, keys: 60 });
        await scene.delivered("crm", 200);
        await strike(run.place, run.short);
        const { distinct } = await scene.sink.counts("/crm");
        await scene.delivered("crm", distinct + 200);
        await scene.producer.end();
        return scene.settle([{ group: "crm", mayRepeat: outageShare }], 180_000);
      }),
  };
}

const restarted = underLoad("broker-restarted", "the broker restarts under load", async ({ broker }) => {
  await broker.stop();
  await sleep(2000);
  await broker.start();
});

const paused = underLoad(
  "broker-paused",
  "the broker stands still for 30 s (SIGSTOP) under load",
  async ({ broker }, short) => {
    broker.pause();
    await sleep(short ? 8000 : 30_000);
    broker.resume();
  },
);

const registryAway: SoakScenario = {
  id: "registry-away",
  title: "the schema registry goes away and comes back, and facts come of a schema that was never read",
  inTests: true,
  run: (run) =>
    SoakScene.play(run, async (scene) => {
      await scene.sink.on("/crm", { kind: "ok", ms: 5 });
      const events = ["clients.update", "clients.archive"];
      await scene.bridge({ handlers: [told({ id: "crm", events, url: scene.sink.url("/crm") })] });
      await scene.producer.begin({ count: null, perSecond: 50, keys: 60 });
      await scene.delivered("crm", 50);
      await run.place.registry.stop();
      const archived = Array.from({ length: 10 }, (_, at) => at + 1);
      for (const id of archived) await scene.producer.one(String(id), { id: "clients.archive", data: { id } });
      const { distinct } = await scene.sink.counts("/crm");
      await sleep(run.short ? 3000 : 30_000);
      // The other clients' facts need no registry.
      await scene.delivered("crm", distinct + 50);
      await run.place.registry.start();
      await scene.producer.end();
      return scene.settle([{ group: "crm", mayRepeat: 0 }], 120_000);
    }),
};

export const outages: readonly SoakScenario[] = [restarted, paused, registryAway];
