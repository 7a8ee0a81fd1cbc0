import { FreshTopics } from "../../test/support/fresh-topics.ts";
import type { FloorWorkName } from "../floor/delivery-work.ts";
import { BenchBridge } from "./bench-bridge.ts";
import { writeFacts } from "./facts.ts";
import { ownGroups } from "./own-groups.ts";
import type { Place } from "./place.ts";
import { during, SinkProcess } from "./programs.ts";

const partitions = 6;
const clients = 10_000;
/** What may be delivered before the sink watches. */
const before = 20_000;

export interface DeliveryLoad {
  readonly latencyMs: number;
  readonly inFlight: number;
  readonly warmup: number;
  readonly events: number;
}

/** Of 10,000 clients. */
export const deliveryLoads: readonly DeliveryLoad[] = [
  { latencyMs: 0, inFlight: 64, warmup: 20_000, events: 60_000 },
  { latencyMs: 0, inFlight: 256, warmup: 20_000, events: 60_000 },
  { latencyMs: 20, inFlight: 64, warmup: 4000, events: 18_000 },
  { latencyMs: 20, inFlight: 256, warmup: 10_000, events: 60_000 },
];

export interface DeliveryRun {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

/** Topics with enough facts for any of the loads. */
export async function factsFor(place: Place, loads: readonly DeliveryLoad[]): Promise<FreshTopics> {
  const topics = await FreshTopics.open({ partitions, servers: place.servers });
  await writeFactsFor(place, topics, loads);
  return topics;
}

/** As many facts as any of the loads takes. */
export async function writeFactsFor(
  { say, scale }: Place,
  topics: FreshTopics,
  loads: readonly DeliveryLoad[],
): Promise<void> {
  const most = Math.max(...loads.map(({ events, warmup }) => events + warmup));
  const bytes = await writeFacts(topics, Math.ceil(most * scale) + before, clients);
  say(`  facts of ${bytes} bytes written`);
}

/** The floor, doing so much of a delivery's work. */
export async function floorDeliveries(
  place: Place,
  topics: FreshTopics,
  load: DeliveryLoad,
  work: FloorWorkName = "nothing",
): Promise<DeliveryRun> {
  const { kafkaBrokers, schemaRegistryUrl } = place.servers;
  const { executions, facts } = topics.names;
  return watched(place, load, (url, use) => {
    const args = [kafkaBrokers, facts.clients, url, String(load.inFlight), work, schemaRegistryUrl, executions];
    return during("deliver-floor.ts", args, use);
  });
}

/** `logs`: with its execution log. */
export async function bridgeDeliveries(
  place: Place,
  topics: FreshTopics,
  load: DeliveryLoad,
  { logs }: { readonly logs: boolean },
): Promise<DeliveryRun> {
  const { inFlight } = load;
  return watched(place, load, async (url, use) => {
    const { env, handlers } = await ownGroups(topics, ["measured"], { inFlight, partitions, url });
    const bridge = await BenchBridge.start({ ...env, EXECUTION_LOG: logs ? "on" : "off" }, handlers);
    try {
      return await use(bridge.pid);
    } finally {
      await bridge.kill();
    }
  });
}

type Use = (pid: number) => Promise<DeliveryRun>;

/** What a sink counts, and the CPU of the process that `run` hands over, until it has had the load's events. */
export async function watched(
  { scale }: Place,
  { events, latencyMs, warmup }: DeliveryLoad,
  run: (url: string, use: Use) => Promise<DeliveryRun>,
): Promise<DeliveryRun> {
  const counted = { warmup: Math.ceil(warmup * scale), events: Math.ceil(events * scale) };
  const sink = await SinkProcess.start(latencyMs);
  try {
    return await run(sink.url, async (pid) => {
      const { cpuSeconds, perSecond } = await sink.watch({ ...counted, pids: [pid] });
      return { perSecond, cpuMicros: (cpuSeconds * 1e6) / counted.events };
    });
  } finally {
    await sink.stop();
  }
}
