import type { FreshTopics } from "../../test/support/fresh-topics.ts";
import type { AskWorkName } from "../floor/request-work.ts";
import { BenchBridge } from "./bench-bridge.ts";
import type { Place } from "./place.ts";
import { type AskResult, resultOf } from "./programs.ts";

export interface AskLoad {
  readonly atOnce: number;
  readonly warmup: number;
  readonly requests: number;
}

export interface AskRun extends AskResult {
  /** Of a request, all measured processes together. */
  readonly cpuMicros: number;
}

export const askLoads: readonly AskLoad[] = [
  { atOnce: 1, warmup: 1000, requests: 2000 },
  { atOnce: 16, warmup: 6000, requests: 12_000 },
  { atOnce: 128, warmup: 15_000, requests: 30_000 },
  { atOnce: 1024, warmup: 15_000, requests: 30_000 },
];

/** Bridges, by who is asked. */
export const askedBridges = [
  "no handler",
  "one HTTP handler",
  "a mutator, three validators",
  "a persistent script",
] as const;
export type AskedBridge = (typeof askedBridges)[number];

const script = `#!/usr/bin/env python3
import json, sys
for line in sys.stdin:
    print(json.dumps({"id": json.loads(line)["id"], "decision": "allow"}), flush=True)
`;

/** The floor, doing so much of a request's work. */
export async function askFloor(
  { scale, servers }: Place,
  topics: FreshTopics,
  url: string,
  load: AskLoad,
  work: AskWorkName = "nothing",
): Promise<AskRun> {
  const args = [servers.kafkaBrokers, ...counts(load, scale), work, servers.schemaRegistryUrl, url];
  return perRequest(await resultOf("ask-floor.ts", args, topics.env), load, scale);
}

export async function askBridge(
  { scale }: Place,
  topics: FreshTopics,
  url: string,
  load: AskLoad,
  asked: AskedBridge,
): Promise<AskRun> {
  const env = { ...topics.env, BEFORE_IN_FLIGHT: "4096", DEADLINE_MS: "5000" };
  const handlers = handlersOf(asked, url, Math.max(load.atOnce, 16));
  const bridge = await BenchBridge.start(env, handlers, { "allow.py": script }, "before");
  try {
    return perRequest(await resultOf("ask.ts", [...counts(load, scale), bridge.pid], topics.env), load, scale);
  } finally {
    await bridge.stop();
  }
}

function perRequest(result: AskResult, load: AskLoad, scale: number): AskRun {
  return { ...result, cpuMicros: (result.cpuSeconds * 1e6) / Math.ceil(load.requests * scale) };
}

function counts({ atOnce, requests, warmup }: AskLoad, scale: number): readonly number[] {
  return [atOnce, Math.ceil(warmup * scale), Math.ceil(requests * scale)];
}

function handlersOf(asked: AskedBridge, url: string, inFlight: number): readonly object[] {
  const usual = { stage: "before", events: ["clients.update"], onFailure: "forbid", timeoutMs: 1000, inFlight };
  const http = { http: { url } };
  switch (asked) {
    case "no handler":
      return [];
    case "one HTTP handler":
      return [{ ...usual, id: "one", task: http }];
    case "a mutator, three validators":
      return [
        { ...usual, id: "mutator", task: http, mayChange: ["name"] },
        ...[1, 2, 3].map((number) => ({ ...usual, id: `validator-${number}`, task: http })),
      ];
    case "a persistent script":
      return [{ ...usual, id: "script", task: { script: { path: "allow.py", persistent: true } }, inFlight: 4 }];
  }
}
