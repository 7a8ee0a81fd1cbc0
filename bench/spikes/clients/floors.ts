import type { FreshTopics } from "../../../test/support/fresh-topics.ts";
import { floorPartitions } from "../../floor/client.ts";
import { askLoads } from "../../support/ask-run.ts";
import { cells } from "../../support/cells.ts";
import { deliveryLoads, watched, writeFactsFor } from "../../support/delivery-run.ts";
import { makeTopics } from "../../support/made-topics.ts";
import type { Place } from "../../support/place.ts";
import { type AskResult, during, resultOf } from "../../support/programs.ts";
import { alternate, table } from "../../support/rows.ts";
import { loadable } from "./library.ts";

const baseline = "kafkajs";
/** The floor of the benchmark itself, and kafkajs with what the bridge changes of it. */
const variants = ["kafkajs, a commit a batch", "kafkajs, patched"] as const;
const others = ["platformatic", "confluent"] as const;
type Contender = typeof baseline | (typeof variants)[number] | (typeof others)[number];

/** From the places of `during` and `resultOf`. */
const here = "../spikes/clients";

const cases = deliveryLoads.filter(({ latencyMs, inFlight }) => latencyMs === 0 || inFlight === 256);

/** The floor of deliveries (docs/performance.md) with each library. */
export async function deliveries(place: Place, topics: FreshTopics): Promise<string> {
  const { rounds, say, servers } = place;
  const contenders: Contender[] = [baseline, ...variants, ...(await loadable(others, say))];
  await writeFactsFor(place, topics, cases);
  const rows: string[][] = [];
  for (const load of cases) {
    const { inFlight, latencyMs } = load;
    const results = await alternate(contenders, rounds, async (name) => {
      const run = await watched(place, load, (url, use) => {
        const args = [name, servers.kafkaBrokers, topics.names.facts.clients, url, String(inFlight)];
        return during(`${here}/deliver.ts`, args, use);
      });
      say(`  ${latencyMs} ms, ${inFlight}: ${name} ${run.perSecond.toFixed(0)}/s, ${run.cpuMicros.toFixed(0)} µs`);
      return run;
    });
    for (const name of contenders) {
      const of = cells(results, name, baseline);
      const shown = [of("perSecond", 0), of("cpuMicros", 0)].flat();
      rows.push([String(latencyMs), String(inFlight), name, ...shown]);
    }
  }
  const columns = ["sink ms", "in flight", "", "a second", "of kafkajs's", "CPU µs each", "of kafkajs's"];
  return table(columns, rows);
}

/** The floor of requests with each library. */
export async function requests({ rounds, say, scale, servers }: Place, topics: FreshTopics): Promise<string> {
  const contenders: Contender[] = [baseline, ...variants, ...(await loadable(others, say))];
  const rows: string[][] = [];
  let run = 0;
  for (const load of askLoads.filter(({ atOnce }) => atOnce <= 128)) {
    const counts = { warmup: Math.ceil(load.warmup * scale), requests: Math.ceil(load.requests * scale) };
    const results = await alternate(contenders, rounds, async (name) => {
      const [asked, replied] = [`${topics.prefix}.asked-${run}`, `${topics.prefix}.replied-${run++}`];
      await makeTopics(topics.admin, [asked, replied], floorPartitions);
      const args = [name, servers.kafkaBrokers, asked, replied, load.atOnce, counts.warmup, counts.requests];
      const { cpuSeconds, p50, p99, perSecond } = await resultOf<AskResult>(`${here}/ask.ts`, args);
      await topics.admin.deleteTopics({ topics: [asked, replied] });
      const cpuMicros = (cpuSeconds * 1e6) / counts.requests;
      say(
        `  ${load.atOnce} at once: ${name} ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, ${cpuMicros.toFixed(0)} µs`,
      );
      return { perSecond, p50, p99, cpuMicros };
    });
    for (const name of contenders) {
      const of = cells(results, name, baseline);
      const shown = [of("perSecond", 0), of("p50", 2), of("p99", 2), of("cpuMicros", 0)].flat();
      rows.push([String(load.atOnce), name, ...shown]);
    }
  }
  const measured = ["a second", "p50 ms", "p99 ms", "CPU µs each"].flatMap((title) => [title, "of kafkajs's"]);
  return table(["at once", "", ...measured], rows);
}
