import { FreshTopics } from "../../test/support/fresh-topics.ts";
import { BenchBridge } from "../support/bench-bridge.ts";
import { cells } from "../support/cells.ts";
import { writeFacts } from "../support/facts.ts";
import { ownGroups } from "../support/own-groups.ts";
import type { Figure, Place } from "../support/place.ts";
import { residentMiB } from "../support/process-usage.ts";
import { SinkProcess } from "../support/programs.ts";
import { alternate, table } from "../support/rows.ts";

const partitions = 6;

/** One thing that grows; the first size is what the others are compared with. */
interface Growth {
  readonly what: string;
  readonly sizes: readonly Size[];
}

interface Size {
  readonly name: string;
  readonly handlers: number;
  readonly clients: number;
  readonly extraBytes: number;
  readonly instances: number;
  /** Deliveries, all handlers together, that are timed; half as many warm up. */
  readonly deliveries: number;
  /** Whether the facts are there before the bridges are: the writer takes nothing from them then. */
  readonly writtenFirst: boolean;
}

const usual = {
  ...{ handlers: 1, clients: 10_000, extraBytes: 0, instances: 1 },
  ...{ deliveries: 40_000, writtenFirst: true },
};

const growths: readonly Growth[] = [
  {
    what: "handlers of the same event, each its own group",
    sizes: [1, 10, 50, 200].map((handlers) => {
      // Some hundred events for each group, or what is measured is how they begin.
      const deliveries = Math.max(usual.deliveries, 600 * handlers);
      // Two hundred groups would join while others deliver.
      return { ...usual, name: String(handlers), handlers, deliveries, writtenFirst: false };
    }),
  },
  {
    what: "clients",
    sizes: [10_000, 1, 1_000_000].map((clients) => {
      // One client's events go one after another; of a million each has one.
      const deliveries = clients === 1 ? 4000 : Math.max(usual.deliveries, Math.ceil(clients / 1.5));
      return { ...usual, name: clients.toLocaleString("en"), clients, deliveries };
    }),
  },
  {
    what: "instances",
    sizes: [1, 2, 4].map((instances) => ({ ...usual, name: String(instances), instances })),
  },
  {
    what: "size of an event",
    sizes: [
      { ...usual, name: "300 B" },
      { ...usual, name: "10 KB", extraBytes: 10_000, deliveries: 20_000 },
      { ...usual, name: "300 KB", extraBytes: 300_000, deliveries: 1000 },
    ],
  },
];

/** Large events are delivered more slowly: less is needed of them. */
const spareBytes = 225_000_000;

interface Run {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly residentMiB: number;
}

/** What a delivery costs when there is more of something. */
export const growth: Figure = {
  id: "growth",
  title: "Growth: the cost of a delivery when there is more",
  async measure(place) {
    const rows: string[][] = [];
    for (const { sizes, what } of growths) {
      const byName = new Map(sizes.map((size) => [size.name, size]));
      const names = [...byName.keys()];
      const results = await alternate(names, place.rounds, async (name) => {
        const run = await measureRun(place, byName.get(name) as Size);
        place.say(`  ${what}: ${name}: ${Math.round(run.perSecond)}/s, ${run.cpuMicros.toFixed(0)} µs`);
        return run;
      });
      const [first = ""] = names;
      for (const name of names) {
        const of = cells(results, name, first);
        const [residentMiB] = of("residentMiB", 0);
        rows.push([what, name, ...of("perSecond", 0), ...of("cpuMicros", 0), residentMiB]);
      }
    }
    return table(
      ["", "", "deliveries a second", "of the first", "CPU µs each", "of the first", "MiB, all instances"],
      rows,
    );
  },
};

async function measureRun({ scale, servers }: Place, size: Size): Promise<Run> {
  const events = Math.ceil(size.deliveries * scale);
  const warmup = Math.ceil(events / 2);
  // What is delivered before the sink counts, where the facts are there first: some two seconds, however short the round.
  const spare = size.writtenFirst ? Math.min(30_000, Math.ceil(spareBytes / (300 + size.extraBytes))) : 100;
  const topics = await FreshTopics.open({ partitions, servers });
  const sink = await SinkProcess.start(0);
  const bridges: BenchBridge[] = [];
  try {
    const names = Array.from({ length: size.handlers }, (_, at) => `h${at}`);
    const { env, handlers } = await ownGroups(topics, names, { inFlight: 64, partitions, url: sink.url });
    const facts = Math.ceil((events + warmup) / size.handlers) + spare;
    const write = (): Promise<number> => writeFacts(topics, facts, size.clients, size.extraBytes);
    if (size.writtenFirst) await write();
    const starting = Array.from({ length: size.instances }, async () => {
      bridges.push(await BenchBridge.start(env, handlers));
    });
    // Until each has started or failed: one that starts later would be left running.
    await Promise.allSettled(starting);
    await Promise.all(starting);
    const pids = bridges.map(({ pid }) => pid);
    const watched = sink.watch({ warmup, events, pids });
    const [{ cpuSeconds, perSecond }] = await Promise.all([watched, size.writtenFirst ? 0 : write()]);
    const resident = pids.reduce((sum, pid) => sum + residentMiB(pid), 0);
    return { perSecond, cpuMicros: (cpuSeconds * 1e6) / events, residentMiB: resident };
  } finally {
    await Promise.all(bridges.map((bridge) => bridge.kill()));
    await sink.stop();
    await topics.close();
  }
}
