/** The billing client, asking in a closed loop with so many requests at once. Prints one JSON line. */
import { createBillingClient } from "../../src/sdk/billing-client.ts";
import type { EventId } from "../../src/sdk/generated/events.ts";
import { sampleData } from "../support/facts.ts";
import { measuring } from "../support/meter.ts";
import type { AskResult } from "../support/programs.ts";

const [atOnce = "1", warmup = "500", requests = "5000", bridges = "", seconds = "60", event = "clients.update"] =
  process.argv.slice(2) as [string?, string?, string?, string?, string?, EventId?];
const prefix = process.env["TOPIC_PREFIX"] ?? "";
const core = await createBillingClient({
  kafka: { brokers: (process.env["KAFKA_BROKERS"] ?? "").split(",") },
  registry: { url: process.env["SCHEMA_REGISTRY_URL"] ?? "" },
  source: "/bench/core",
  topicPrefix: prefix,
  groupPrefix: prefix,
  events: [event],
  onSilence: "forbid",
  deadlineMs: 5000,
  // The bridge is measured, not the client's knowledge that nobody would be asked.
  skipWithoutHandlers: false,
});
const pids = [process.pid, ...bridges.split(",").filter(Boolean).map(Number)];
const { meter, over } = measuring(pids, Number(warmup), Number(requests));
const decided: Record<string, number> = {};
const endMs = performance.now() + Number(seconds) * 1000;
let next = 0;
const most = Number(warmup) + Number(requests);
const caller = async (): Promise<void> => {
  while (next < most && performance.now() < endMs) {
    const number = next++;
    const startMs = performance.now();
    const client = 1 + (number % 10_000);
    const data = event === "clients.update" ? sampleData(client, number) : { id: client };
    const { decidedBy } = await core.request({ id: event, data });
    meter.add(performance.now() - startMs);
    if (number >= Number(warmup)) decided[decidedBy] = (decided[decidedBy] ?? 0) + 1;
  }
};
const callers = Promise.all(Array.from({ length: Number(atOnce) }, caller));
const cpu = await Promise.race([over, callers.then(() => null)]);
if (cpu === null) throw new Error(`${next} requests in ${seconds} seconds: too few to measure`);
const result: AskResult = { perSecond: meter.perSecond, ...meter.quantiles(), cpuSeconds: cpu, decided };
process.stdout.write(`${JSON.stringify(result)}\n`);
await core.close();
