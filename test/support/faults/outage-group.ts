import { setTimeout as sleep } from "node:timers/promises";
import type { ServerProcess } from "../../../src/dev-stack/server-process.ts";
import { asked } from "../handlers.ts";
import { wellBehaved } from "./hostile-group.ts";
import type { Row } from "./row.ts";
import { always, type Group, type Place, type Scenario, type Stage } from "./scenario.ts";
import { Scene } from "./scene.ts";

interface Outage {
  readonly id: string;
  readonly title: string;
  readonly strike: (broker: ServerProcess) => Promise<void>;
}

const outages: readonly Outage[] = [
  {
    id: "broker-paused",
    title: "the broker stands still for 5 s (SIGSTOP) under load",
    strike: async (broker) => {
      broker.pause();
      await sleep(5000);
      broker.resume();
    },
  },
  {
    id: "broker-restarted",
    title: "the broker restarts under load",
    strike: async (broker) => {
      await broker.stop();
      await broker.start();
    },
  },
];

export const outageGroup: Group = {
  name: "a broker that stands still or restarts",
  scenarios: outages.map(({ id, title }) => ({ id, title })),
  short: { requests: 60, perSecond: 40 },
  long: { requests: 1000, perSecond: 50 },
  strikesBroker: true,
  open,
};

async function open({ broker, servers }: Place): Promise<Stage> {
  if (broker === null) throw new Error("these scenarios need a broker they may stop");
  const scene = await Scene.open(servers);
  const url = scene.hostile.url("valid");
  const valid = asked({ id: "valid", events: ["clients.update"], url, priority: 10, mayChange: ["c_company"] });
  await scene.bridge({ handlers: [...wellBehaved(scene), valid] }).catch(async (error: unknown) => {
    await scene.close();
    throw error;
  });
  return { close: () => scene.close(), scenario: (id) => scenarioOf(scene, broker, id) };
}

function scenarioOf(scene: Scene, broker: ServerProcess, id: string): Scenario {
  const one = outages.find((candidate) => candidate.id === id);
  if (one === undefined) throw new Error(`no scenario ${id}`);
  const valid = { mayChange: ["c_company"], onFailure: "allow", always: true } as const;
  return {
    run: async (scale) => {
      await scene.answered();
      return scene.run({
        ...{ scenario: id, about: "valid", handlers: { ...always, valid }, deadlineMs: 1500 },
        ...scale,
        meanwhile: async () => {
          await sleep(1000);
          await one.strike(broker);
          await scene.answered();
        },
      });
    },
    unproven: sawOutage,
  };
}

function sawOutage({ decidedBy }: Row): string | null {
  const silent = (decidedBy["silence"] ?? 0) + (decidedBy["core-breaker"] ?? 0);
  if (silent === 0) return "the core never noticed that the broker was away";
  return (decidedBy["handler"] ?? 0) > 0 ? null : "nothing was answered before or after";
}
