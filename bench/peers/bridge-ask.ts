/**
 * The bridge without a handler and the billing client as one more peer of the benchmark peers' `compare --rr-peer`: takes
 * their options, prints their JSON line. Only answers that the bridge gave for want of a handler count as requests; CPU is
 * that of both processes. Needs KAFKA_BROKERS and SCHEMA_REGISTRY_URL; TOPIC_PREFIX names topics that stay, by default it
 * makes some that a comparison removes with all that carries its prefix.
 */
import { parseArgs } from "node:util";
import { FreshTopics } from "../../test/support/fresh-topics.ts";
import { BenchBridge } from "../support/bench-bridge.ts";
import { resultOf } from "../support/programs.ts";

const { values: options } = parseArgs({
  options: {
    concurrency: { type: "string", default: "1" },
    warmup: { type: "string", default: "500" },
    requests: { type: "string", default: "5000" },
    "timeout-s": { type: "string", default: "60" },
    prefix: { type: "string", default: "peer" },
  },
});
const concurrency = Number(options.concurrency);
const warmup = Number(options.warmup);
const requests = Number(options.requests);
const timeoutMs = Number(options["timeout-s"]) * 1000;

const topics = await FreshTopics.open({
  prefix: process.env["TOPIC_PREFIX"] ?? `${options.prefix}.bridge`,
  partitions: 6,
});
try {
  const bridge = await BenchBridge.start({ ...topics.env, BEFORE_IN_FLIGHT: "4096" }, [], {}, "before");
  try {
    const counts = [concurrency, warmup, requests, bridge.pid];
    const { cpuSeconds, decided, max, p50, p99, perSecond } = await resultOf("ask.ts", counts, topics.env, timeoutMs);
    const meant = decided["no-handler"] ?? 0;
    const result = {
      peer: "bridge",
      concurrency,
      warmup,
      requests: meant,
      rps: Math.round((perSecond * meant) / requests),
      p50_ms: Number(p50.toFixed(2)),
      p99_ms: Number(p99.toFixed(2)),
      max_ms: Number(max.toFixed(2)),
      cpu_us_per_request: Math.round((cpuSeconds * 1e6) / Math.max(1, meant)),
      failed: requests - meant,
      complete: meant > 0,
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } finally {
    await bridge.stop();
  }
} finally {
  await topics.leave();
}
