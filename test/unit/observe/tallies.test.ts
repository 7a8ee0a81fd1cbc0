import assert from "node:assert/strict";
import { test } from "node:test";
import { AggregatorRegistry, Counter, Histogram, Registry } from "prom-client";
import { TallyCounter, TallyHistogram } from "../../../src/observe/tallies.ts";

const help = "As prom-client's.";
const bounds = [0.01, 0.5, 10];
const calls = [
  { labels: { handler: "b", stage: "after" }, value: 0.01 },
  { labels: { stage: "after", handler: "b" }, value: 0.3 },
  { labels: { handler: 'a"\n\\', stage: "before" }, value: 99 },
  { labels: { handler: "b", stage: "after" }, value: 0.011 },
] as const;

function ours(): Registry {
  const registry = new Registry();
  const labelNames = ["handler", "stage"] as const;
  const counter = new TallyCounter({ name: "c", help, labelNames, registry });
  const histogram = new TallyHistogram({ name: "h", help, labelNames, bounds, registry });
  for (const { labels, value } of calls) {
    counter.inc(labels);
    histogram.observe(labels, value);
  }
  return registry;
}

function theirs(): Registry {
  const registry = new Registry();
  const usual = { help, labelNames: ["handler", "stage"] as const, registers: [registry] };
  const counter = new Counter({ ...usual, name: "c" });
  const histogram = new Histogram({ ...usual, name: "h", buckets: [...bounds] });
  for (const { labels, value } of calls) {
    counter.inc(labels);
    histogram.observe(labels, value);
  }
  return registry;
}

/** Labels stand in any order. */
function lines(text: string): readonly string[] {
  const sorted = (_all: string, labels: string): string => `{${labels.split(",").toSorted().join(",")}}`;
  return text.split("\n").map((line) => line.replace(/\{(.*)\}/, sorted));
}

test("what is counted cheaply is exposed as prom-client exposes it", async () => {
  assert.deepEqual(lines(await ours().metrics()), lines(await theirs().metrics()));
});

test("and summed with that of another thread", async () => {
  const both = async (registries: readonly Registry[]): Promise<readonly string[]> => {
    const all = await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()));
    // As it comes from another thread.
    return lines(await AggregatorRegistry.aggregate(structuredClone(all)).metrics());
  };
  assert.deepEqual(await both([ours(), ours()]), await both([theirs(), theirs()]));
});
