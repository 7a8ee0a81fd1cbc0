/**
 * The bridge as one more peer of the benchmark peers' `compare --http-peer`: takes their options, prints their JSON line.
 * Before anything is timed it makes facts of the topic's records; then a bridge of its own delivers them to the URL, with
 * every guarantee and the execution log on. It is counted at their sink, and its CPU is that of its whole process.
 * Needs KAFKA_BROKERS and SCHEMA_REGISTRY_URL; TOPIC_PREFIX names topics that stay, by default it makes some that a
 * comparison removes with all that carries its prefix.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { FreshTopics } from "../../test/support/fresh-topics.ts";
import { BenchBridge } from "../support/bench-bridge.ts";
import { ownGroups } from "../support/own-groups.ts";
import { cpuSeconds } from "../support/process-usage.ts";
import { copyEvents } from "./copied-events.ts";

/** How often the sink is asked. The time between is what a measurement may be off by. */
const everyMs = 20;
const partitions = 6;
/** The others' is as long as a JVM needs; with theirs a run might not end within its time. A shorter one is to nobody's cost but ours. */
const mostWarmup = 30_000;

const startMs = performance.now();
const { values: options } = parseArgs({
  options: {
    topic: { type: "string", default: "" },
    url: { type: "string", default: "" },
    "max-concurrency": { type: "string", default: "64" },
    warmup: { type: "string", default: "2000" },
    events: { type: "string", default: "10000" },
    "timeout-s": { type: "string", default: "60" },
    prefix: { type: "string", default: "peer" },
  },
});
const { prefix, topic, url } = options;
const inFlight = Number(options["max-concurrency"]);
const warmup = Math.min(Number(options.warmup), mostWarmup);
const events = Number(options.events);
/** The others' time begins when they are connected; a program is ended 10 s after its time. */
const endMs = startMs + Number(options["timeout-s"]) * 1000 + 5000;

interface Moment {
  readonly atMs: number;
  /** Requests that the sink has had. */
  readonly requests: number;
  readonly cpuSeconds: number;
}

async function requestsNow(): Promise<number> {
  const answer = await fetch(new URL("/stats", url), { signal: AbortSignal.timeout(5000) });
  return ((await answer.json()) as { requests: number }).requests;
}

/** The first look at which the sink has had so many, or the one at which the time was over. */
async function momentOf(requests: number, pid: number): Promise<Moment> {
  for (;;) {
    const now = { requests: await requestsNow(), atMs: performance.now(), cpuSeconds: cpuSeconds(pid) };
    if (now.requests >= requests || now.atMs >= endMs) return now;
    await sleep(everyMs);
  }
}

/** Calls of the handler that did not end with a 2xx. */
async function failuresOf(bridge: BenchBridge): Promise<number> {
  const text = await (await fetch(new URL("/metrics", bridge.url))).text();
  const outcomes = text.matchAll(/^provisioning_bridge_handler_outcomes_total\{.*outcome="([^"]+)".*\} (\d+)$/gm);
  return [...outcomes].reduce((sum, [, outcome, count]) => sum + (outcome === "delivered" ? 0 : Number(count)), 0);
}

interface Deliveries {
  readonly begun: Moment;
  readonly ended: Moment;
  readonly failed: number;
}

/** What the bridge delivers once the sink has had `had`; ends with it stopped, whatever fails. */
async function deliveriesOf(bridge: BenchBridge, had: number): Promise<Deliveries> {
  try {
    const begun = await momentOf(had + warmup, bridge.pid);
    // Not so many after `begun`: the topic may hold no more than both.
    const ended = await momentOf(had + warmup + events, bridge.pid);
    return { begun, ended, failed: await failuresOf(bridge) };
  } finally {
    await bridge.stop();
  }
}

const topics = await FreshTopics.open({ prefix: process.env["TOPIC_PREFIX"] ?? `${prefix}.bridge`, partitions });
try {
  await copyEvents(topics, topic);
  const { env, groupIds, handlers } = await ownGroups(topics, ["measured"], { inFlight, partitions, url });
  const had = await requestsNow();
  const { begun, ended, failed } = await deliveriesOf(await BenchBridge.start(env, handlers), had);
  const [groupId = ""] = groupIds;
  const [offsets] = await topics.admin.fetchOffsets({ groupId, topics: [topics.names.facts.clients] });
  const committed = (offsets?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);

  const timed = ended.requests - begun.requests;
  const seconds = (ended.atMs - begun.atMs) / 1000;
  const result = {
    peer: "bridge",
    max_concurrency: inFlight,
    warmup,
    events: timed,
    seconds: Number(seconds.toFixed(3)),
    events_per_s: Math.round(timed / seconds),
    cpu_us_per_event: Math.round(((ended.cpuSeconds - begun.cpuSeconds) * 1e6) / Math.max(1, timed)),
    failed,
    committed,
    complete: ended.requests >= had + warmup + events,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exitCode = result.complete ? 0 : 1;
} finally {
  await topics.leave();
}
