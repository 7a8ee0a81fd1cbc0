import type { FreshTopics } from "../../../test/support/fresh-topics.ts";
import { cells } from "../../support/cells.ts";
import type { Place } from "../../support/place.ts";
import { resultOf } from "../../support/programs.ts";
import { alternate, table } from "../../support/rows.ts";
import { loadable } from "./library.ts";
import { requestRecord } from "./request-records.ts";

const baseline = "ours";
const here = "../spikes/clients";

interface Run extends Readonly<Record<string, number>> {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

const sizes = [
  { size: 1, batches: 5000 },
  { size: 50, batches: 1000 },
  { size: 1000, batches: 100 },
];

/** What a request costs to send behind the port of the bridge's producer. */
export async function sends({ rounds, say, scale, servers }: Place, topics: FreshTopics): Promise<string> {
  const contenders = [baseline, ...(await loadable(["platformatic", "confluent"] as const, say))] as const;
  const rows: string[][] = [];
  for (const { batches, size } of sizes) {
    const results = await alternate(contenders, rounds, async (name) => {
      const args = [name, servers.kafkaBrokers, topics.names.facts.clients, size, Math.ceil(batches * scale)];
      const run = await resultOf<Run>(`${here}/send.ts`, args);
      say(`  batches of ${size}: ${name} ${run.perSecond.toFixed(0)}/s, ${run.cpuMicros.toFixed(1)} µs`);
      return run;
    });
    for (const name of contenders) {
      const of = cells(results, name, baseline);
      rows.push([String(size), name, ...of("cpuMicros", 1), ...of("perSecond", 0)]);
    }
  }
  return table(["records a batch", "", "CPU µs a record", "of ours", "a second", "of ours"], rows);
}

const counts = { warmup: 40_000, records: 100_000, beyond: 30_000 };

/** What a request costs to read, up to the record that the bridge hands on. */
export async function reads({ rounds, say, scale, servers }: Place, topics: FreshTopics): Promise<string> {
  const names = ["platformatic", "platformatic, stream", "confluent"] as const;
  const contenders = [baseline, ...(await loadable(names, say))] as const;
  const topic = topics.names.facts.clients;
  const [warmup, records] = [Math.ceil(counts.warmup * scale), Math.ceil(counts.records * scale)];
  // More than is read: a client that fetches ahead has as much ahead at the end as at the start.
  const most = warmup + records + counts.beyond;
  for (let from = 0; from < most; from += 1000) {
    const batch = Array.from({ length: 1000 }, (_, at) => topics.producer.send(requestRecord(topic, from + at)));
    await Promise.all(batch);
  }
  const results = await alternate(contenders, rounds, async (name) => {
    const run = await resultOf<Run>(`${here}/read.ts`, [name, servers.kafkaBrokers, topic, warmup, records]);
    say(`  ${name} ${run.perSecond.toFixed(0)}/s, ${run.cpuMicros.toFixed(1)} µs`);
    return run;
  });
  const rows = contenders.map((name) => {
    const of = cells(results, name, baseline);
    return [name, ...of("cpuMicros", 1), ...of("perSecond", 0)];
  });
  return table(["", "CPU µs a record", "of ours", "a second", "of ours"], rows);
}
