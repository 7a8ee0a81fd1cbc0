import { setTimeout as sleep } from "node:timers/promises";
import type { BridgeProcess } from "../bridge-process.ts";
import { eventually } from "../eventually.ts";
import { asked } from "../handlers.ts";
import { doubleRequests } from "./doubler.ts";
import { wellBehaved } from "./hostile-group.ts";
import type { Row } from "./row.ts";
import { always, type Group, type Place, type Scenario, type Stage } from "./scenario.ts";
import { Scene, type Trial } from "./scene.ts";
import type { Promised } from "./verdict-ledger.ts";

type Strike = (stage: Instances) => Pick<Trial, "meanwhile" | "afterwards">;

interface Upheaval {
  readonly id: string;
  readonly title: string;
  /** Bridges that run before it. */
  readonly bridges: number;
  readonly strike: Strike;
  readonly unproven: (row: Row) => string | null;
  /** What differs from the usual load. */
  readonly load?: Partial<Trial>;
}

/** More than one handler may be asked at once. */
const shards = 8;
const shardIds: readonly string[] = Array.from({ length: shards }, (_, at) => `hang-${at}`);
const pending = 1000;

const upheavals: readonly Upheaval[] = [
  {
    id: "join-leave",
    title: "a second bridge joins under load, and leaves again",
    bridges: 1,
    strike: (stage) => ({
      meanwhile: async () => {
        await sleep(500);
        await stage.start();
        await sleep(1000);
        await stage.stop();
        await sleep(500);
      },
    }),
    unproven: answeredByHandlers,
  },
  {
    id: "stop-one",
    title: "one of two bridges stops as planned under load",
    bridges: 2,
    strike: (stage) => ({
      meanwhile: async () => {
        await sleep(500);
        await stage.stop();
        await sleep(1000);
      },
    }),
    unproven: answeredByHandlers,
  },
  {
    id: "stop-only",
    title: "the only bridge stops as planned under load, another starts",
    bridges: 1,
    strike: (stage) => ({
      meanwhile: async () => {
        await sleep(500);
        await stage.stop();
        await stage.start();
        await stage.scene.answered();
      },
    }),
    unproven: metTheGap,
  },
  {
    id: "doubled",
    title: "every request stands twice in the log, and the handler contradicts itself",
    bridges: 1,
    strike: ({ scene }) => {
      const doubler = doubleRequests(scene.topics);
      return {
        meanwhile: () => doubler.then(() => undefined),
        afterwards: async () => {
          await (await doubler).stop();
          return [];
        },
      };
    },
    unproven: (row) =>
      row.contradictions > 0 && row.conflicting > 0 ? null : "no replies that contradict each other reached the core",
  },
  {
    id: "killed",
    title: `the bridge is killed (-9) with ${pending.toLocaleString("en")} requests pending, another starts`,
    bridges: 1,
    load: { requests: pending, perSecond: 2000, deadlineMs: 5000, isBurst: true },
    strike: (stage) => {
      const lateBefore = stage.scene.core.counts().late;
      return {
        meanwhile: async () => {
          const asked = () => shardIds.reduce((sum, id) => sum + stage.scene.hostile.calls(id), 0);
          // Before the first of them times out.
          await eventually("all are under way", () => asked() === pending, 1500).catch(() => undefined);
          await stage.kill();
          await stage.start();
        },
        afterwards: async () => {
          // Nothing of it was committed: the next bridge answers all of it, too late.
          const isLate = () => stage.scene.core.counts().late > lateBefore;
          await eventually("the next bridge says that they have expired", isLate, 30_000);
          await stage.scene.answered();
          return [];
        },
      };
    },
    unproven: ({ decidedBy }) =>
      (decidedBy["silence"] ?? 0) > pending / 2 ? null : `only ${decidedBy["silence"] ?? 0} were pending`,
  },
];

export const instanceGroup: Group = {
  name: "bridges that come, go and die",
  scenarios: upheavals.map(({ id, title }) => ({ id, title })),
  short: { requests: 60, perSecond: 40 },
  long: { requests: 1000, perSecond: 50 },
  strikesBroker: false,
  open,
};

/** The bridges of the group; the newest leaves first. */
class Instances {
  readonly scene: Scene;
  readonly #running: BridgeProcess[] = [];

  constructor(scene: Scene) {
    this.scene = scene;
  }

  async start(): Promise<void> {
    this.#running.push(await this.scene.bridge({ handlers: handlersOf(this.scene) }));
  }

  async stop(): Promise<void> {
    const code = await this.#running.pop()?.terminate();
    if (code !== 0) throw new Error(`the bridge ended with ${code}`);
  }

  async kill(): Promise<void> {
    await this.#running.pop()?.kill();
  }

  async be(count: number): Promise<void> {
    while (this.#running.length < count) await this.start();
    while (this.#running.length > count) await this.stop();
    await this.scene.answered();
  }
}

async function open({ servers }: Place): Promise<Stage> {
  const scene = await Scene.open(servers);
  const stage = new Instances(scene);
  return { close: () => scene.close(), scenario: (id) => scenarioOf(stage, id) };
}

function handlersOf(scene: Scene): readonly object[] {
  const events = ["clients.update"];
  const hang = shardIds.map((id, at) =>
    asked({
      ...{ id, events, url: scene.hostile.url(id, { play: "hang" }), timeoutMs: 2000 },
      when: `data.reg_id == "killed" && data.id % ${shards} == ${at}`,
    }),
  );
  return [
    // Each has room for 256 at once: those that hang are to be asked alone.
    ...wellBehaved(scene).map((handler) => ({ ...handler, when: 'data.reg_id != "killed"' })),
    asked({
      ...{
        id: "valid",
        events,
        url: scene.hostile.url("valid"),
        priority: 10,
        timeoutMs: 300,
        mayChange: ["c_company"],
      },
      when: 'data.reg_id != "killed" && data.reg_id != "doubled"',
    }),
    asked({
      ...{ id: "contradicts", events, url: scene.hostile.url("contradicts"), priority: 10, timeoutMs: 300 },
      ...{ when: 'data.reg_id == "doubled"', mayChange: ["c_company"] },
    }),
    ...hang,
  ];
}

function promisedIn(id: string): Readonly<Record<string, Promised>> {
  const changes = { mayChange: ["c_company"], onFailure: "allow", always: true } as const;
  const hangs = { mayChange: [], onFailure: "allow", always: false } as const;
  if (id === "killed") return Object.fromEntries(shardIds.map((shard) => [shard, hangs]));
  return { ...always, [id === "doubled" ? "contradicts" : "valid"]: changes };
}

function scenarioOf(stage: Instances, id: string): Scenario {
  const one = upheavals.find((candidate) => candidate.id === id);
  if (one === undefined) throw new Error(`no scenario ${id}`);
  const { bridges, load, strike, unproven } = one;
  return {
    unproven,
    run: async (scale) => {
      await stage.be(bridges);
      const about = id === "doubled" ? "contradicts" : "valid";
      const usual = { scenario: id, about, handlers: promisedIn(id), deadlineMs: 1500, ...scale };
      return stage.scene.run({ ...usual, ...load, ...strike(stage) });
    },
  };
}

function answeredByHandlers({ decidedBy, requests }: Row): string | null {
  const answered = (decidedBy["handler"] ?? 0) + (decidedBy["failure-policy"] ?? 0);
  return answered > 0 ? null : `none of ${requests} was decided by handlers`;
}

/** Ended at the core by silence, or by the next bridge that found their time spent, where that one was quick. */
function metTheGap({ decidedBy }: Row): string | null {
  const met = ["silence", "core-breaker", "failure-policy"].reduce((sum, by) => sum + (decidedBy[by] ?? 0), 0);
  return met > 0 ? null : "no request came while nobody answered";
}
