import { setTimeout as sleep } from "node:timers/promises";
import type { BridgeProcess } from "../bridge-process.ts";
import { told } from "../handlers.ts";
import type { SoakScenario } from "./scenario.ts";
import { SoakScene, slowly } from "./soak-scene.ts";

/** Bridges that are killed, stopped as planned, join and leave, under load. */

const events = ["clients.update"];

/** It takes its time, so that whatever strikes hits deliveries under way, and is busy now and then. */
const crmPlay = { kind: "ok", ms: 5, busyEvery: 20 } as const;

const crmOf = (scene: SoakScene): object => told({ id: "crm", events, url: scene.sink.url("/crm") });

/** What a bridge has delivered and not committed when it is killed comes again: a commit every 200 ms. */
const killedShare = 0.1;

const killed: SoakScenario = {
  id: "killed",
  title: "the bridge is killed (-9) at random moments under load, another starts",
  inTests: true,
  run: (run) =>
    SoakScene.play(run, async (scene) => {
      const kills = run.short ? 2 : 50;
      await scene.sink.on("/crm", crmPlay);
      const options = { handlers: [crmOf(scene)] };
      let bridge = await scene.bridge(options);
      await scene.producer.begin({ count: null, perSecond: run.short ? 100 : 60, keys: 40 });
      let early = 0;
      for (let kill = 0; kill < kills; kill++) {
        if (scene.random() < 0.2 && !run.short) {
          // While it starts, joins or reads what was committed.
          await sleep(scene.random() * 6000);
          early++;
        } else {
          await bridge.untilReady(90_000);
          const { delivered } = await scene.sink.counts("/crm");
          const goesOn = async (): Promise<boolean> => (await scene.sink.counts("/crm")).delivered > delivered + 20;
          await slowly(`deliveries go on after kill ${kill}`, goesOn, 120_000);
          await sleep(scene.random() * 1500);
        }
        await scene.kill(bridge);
        bridge = scene.spawn(options);
        if (kill % 10 === 9) scene.say(`${kill + 1} kills`);
      }
      await bridge.untilReady(90_000);
      await scene.producer.end();
      scene.figures.push(`${kills} kills, ${early} of them before it was ready`);
      // A kill costs the group its session of 10 s, and what has piled up goes out at full speed: of two kills it is chance how
      // many that are.
      const mayRepeat = run.short ? 1 : killedShare;
      return scene.settle([{ group: "crm", mayRepeat, onlyAtKills: true }], 180_000);
    }),
};

const membership: SoakScenario = {
  id: "membership",
  title: "three bridges join, leave as planned and are killed, at random, for two minutes",
  inTests: true,
  run: (run) =>
    SoakScene.play(run, async (scene) => {
      const seats: Record<number, BridgeProcess | null> = {};
      await scene.sink.on("/crm", crmPlay);
      const options = { handlers: [crmOf(scene)] };
      const { random } = scene;
      seats[0] = await scene.bridge(options);
      await scene.producer.begin({ count: null, perSecond: 100, keys: 60 });
      const untilMs = performance.now() + (run.short ? 12_000 : 120_000);
      const done = { joins: 1, stops: 0, kills: 0 };
      const leaving: Promise<void>[] = [];
      while (performance.now() < untilMs) {
        await sleep(500 + random() * (run.short ? 2500 : 4000));
        const seat = Math.floor(random() * 3);
        const there = seats[seat] ?? null;
        if (there === null) {
          seats[seat] = scene.spawn(options);
          done.joins++;
        } else if (random() < 0.6) {
          // What is stopped while it starts may end before it has joined.
          leaving.push(scene.stop(there));
          seats[seat] = null;
          done.stops++;
        } else {
          await scene.kill(there);
          seats[seat] = null;
          done.kills++;
        }
      }
      await Promise.all(leaving);
      if (Object.values(seats).every((seat) => seat === null)) seats[0] = scene.spawn(options);
      await scene.producer.end();
      scene.figures.push(`${done.joins} joins, ${done.stops} stops, ${done.kills} kills`);
      return scene.settle([{ group: "crm", mayRepeat: killedShare }], 180_000);
    }),
};

const stopped: SoakScenario = {
  id: "stopped",
  title: "bridges stop as planned (SIGTERM) under load: the only one, and one of two",
  inTests: true,
  run: (run) =>
    SoakScene.play(run, async (scene) => {
      const rounds = run.short ? 1 : 10;
      await scene.sink.on("/crm", { kind: "ok", ms: 20, busyEvery: 20 });
      const options = { handlers: [crmOf(scene)] };
      let bridge = await scene.bridge(options);
      await scene.producer.begin({ count: null, perSecond: 100, keys: 60 });
      const group = scene.topics.afterGroup("crm");
      const members = (count: number): Promise<void> =>
        slowly(`${count} members`, async () => (await scene.topics.members(group).catch(() => 0)) === count, 60_000);
      for (let round = 0; round < rounds; round++) {
        const { delivered } = await scene.sink.counts("/crm");
        await slowly("it delivers", async () => (await scene.sink.counts("/crm")).delivered > delivered + 50, 60_000);
        await sleep(scene.random() * 1000);
        await scene.stop(bridge);
        bridge = await scene.bridge(options);
        const second = await scene.bridge(options);
        await members(2);
        await sleep(500 + scene.random() * 1000);
        const [leaver, stayer] = scene.random() < 0.5 ? [bridge, second] : [second, bridge];
        await scene.stop(leaver);
        bridge = stayer;
        await members(1);
      }
      await scene.producer.end();
      scene.figures.push(`${rounds} times each`);
      return scene.settle([{ group: "crm", mayRepeat: 0 }], 120_000);
    }),
};

export const upheavals: readonly SoakScenario[] = [killed, membership, stopped];
