import { randomUUID } from "node:crypto";
import { FreshTopics } from "../../test/support/fresh-topics.ts";
import { BenchBridge } from "../support/bench-bridge.ts";
import { writeFacts } from "../support/facts.ts";
import { type Figure, fromStart, type Place } from "../support/place.ts";
import { during, SinkProcess } from "../support/programs.ts";
import { alternate, ratios, shown, summary, table } from "../support/rows.ts";

const partitions = 6;
const clients = 10_000;
/** What may be delivered before the sink watches. */
const before = 20_000;

interface Case {
  readonly latencyMs: number;
  readonly inFlight: number;
  readonly warmup: number;
  readonly events: number;
}

const cases: readonly Case[] = [
  { latencyMs: 0, inFlight: 64, warmup: 20_000, events: 60_000 },
  { latencyMs: 0, inFlight: 256, warmup: 20_000, events: 60_000 },
  { latencyMs: 20, inFlight: 64, warmup: 4000, events: 18_000 },
  { latencyMs: 20, inFlight: 256, warmup: 10_000, events: 60_000 },
];

const contenders = ["floor", "bridge", "bridge, no execution log"] as const;

interface Run {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

/** Facts delivered to one HTTP handler, against kafkajs and undici with nothing promised. */
export const deliveries: Figure = {
  id: "deliveries",
  title: "After the event: deliveries a second",
  async measure(place) {
    const rows: string[][] = [];
    const topics = await FreshTopics.open({ partitions, servers: place.servers });
    try {
      const most = Math.max(...cases.map(({ events, warmup }) => events + warmup));
      const bytes = await writeFacts(topics, Math.ceil(most * place.scale) + before, clients);
      place.say(`  facts of ${bytes} bytes written`);
      for (const one of cases) rows.push(...(await measureCase(place, topics, one)));
    } finally {
      await topics.close();
    }
    const columns = ["sink ms", "in flight", "", "a second", "of the floor", "CPU µs each", "of the floor's"];
    return table(columns, rows);
  },
};

async function measureCase(place: Place, topics: FreshTopics, one: Case): Promise<string[][]> {
  const { inFlight, latencyMs } = one;
  const results = await alternate(contenders, place.rounds, async (contender) => {
    const run = await measureRun(place, topics, one, contender);
    place.say(
      `  ${latencyMs} ms, ${inFlight}: ${contender} ${Math.round(run.perSecond)}/s, ${run.cpuMicros.toFixed(0)} µs`,
    );
    return run;
  });
  const of = (contender: (typeof contenders)[number], what: keyof Run): readonly number[] =>
    (results.get(contender) ?? []).map((run) => run[what]);
  return contenders.map((contender) => [
    String(latencyMs),
    String(inFlight),
    contender,
    shown(summary(of(contender, "perSecond")), 0),
    shown(ratios(of(contender, "perSecond"), of("floor", "perSecond"))),
    shown(summary(of(contender, "cpuMicros")), 0),
    shown(ratios(of(contender, "cpuMicros"), of("floor", "cpuMicros"))),
  ]);
}

async function measureRun(
  { scale, servers }: Place,
  topics: FreshTopics,
  { events, inFlight, latencyMs, warmup }: Case,
  contender: (typeof contenders)[number],
): Promise<Run> {
  const counted = { warmup: Math.ceil(warmup * scale), events: Math.ceil(events * scale) };
  const sink = await SinkProcess.start(latencyMs);
  const watched = async (pid: number): Promise<Run> => {
    const { cpuSeconds, perSecond } = await sink.watch({ ...counted, pids: [pid] });
    return { perSecond, cpuMicros: (cpuSeconds * 1e6) / counted.events };
  };
  try {
    if (contender === "floor") {
      const args = [servers.kafkaBrokers, topics.names.facts.clients, sink.url, String(inFlight)];
      return await during("deliver-floor.ts", args, watched);
    }
    // A group of its own each time: it delivers all from the start.
    const groupPrefix = `${topics.prefix}.${randomUUID().slice(0, 8)}`;
    await fromStart(topics, `${groupPrefix}.after.measured`, partitions);
    const log = contender === "bridge" ? "on" : "off";
    const env = { ...topics.env, GROUP_PREFIX: groupPrefix, AFTER_IN_FLIGHT: String(inFlight), EXECUTION_LOG: log };
    const http = { url: sink.url };
    const handler = { id: "measured", stage: "after", events: ["clients.update"], task: { http }, inFlight };
    const bridge = await BenchBridge.start(env, [handler]);
    try {
      return await watched(bridge.pid);
    } finally {
      await bridge.kill();
    }
  } finally {
    await sink.stop();
  }
}
