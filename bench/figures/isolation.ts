import { FreshTopics } from "../../test/support/fresh-topics.ts";
import { BenchBridge } from "../support/bench-bridge.ts";
import { cells } from "../support/cells.ts";
import { writeFacts } from "../support/facts.ts";
import { fromStart } from "../support/own-groups.ts";
import type { Figure, Place } from "../support/place.ts";
import { peakMiB } from "../support/process-usage.ts";
import { type AskResult, during, resultOf, SinkProcess } from "../support/programs.ts";
import { alternate, table } from "../support/rows.ts";

const partitions = 6;
const facts = 1_000_000;
/** Scripts of another event's handler: one that hangs until it is killed, and one that is only as slow. */
const others = {
  "another event's handler is slow": "exec sleep 0.28",
  "another event's handler hangs": "exec sleep 60",
} as const;
const behind = "facts behind a dead handler";
const contenders = ["idle", behind, ...(Object.keys(others) as (keyof typeof others)[])] as const;
type Contender = (typeof contenders)[number];

interface Run extends AskResult {
  /** Of the bridge. */
  readonly peakMiB: number;
}

/** What a request waits for longer when other handlers are sick or far behind: one HTTP handler, 16 requests at once. */
export const isolation: Figure = {
  id: "isolation",
  title: "Isolation: requests while others are sick",
  async measure(place) {
    const sink = await SinkProcess.start(0);
    const topics = await FreshTopics.open({ partitions, servers: place.servers });
    try {
      await writeFacts(topics, Math.ceil(facts * place.scale), 10_000);
      place.say("  facts written");
      const results = await alternate(contenders, place.rounds, async (contender, round) => {
        const result = await ask(place, topics, sink.url, contender, round);
        place.say(`  ${contender}: p50 ${result.p50.toFixed(2)} ms, p99 ${result.p99.toFixed(2)} ms`);
        return result;
      });
      const rows = contenders.map((contender) => {
        const of = cells(results, contender, "idle");
        const [peak] = of("peakMiB", 0);
        return [contender, ...of("p50", 2), ...of("p99", 2), ...of("p999", 2), peak];
      });
      return table(["", "p50 ms", "of idle", "p99 ms", "of idle", "p99.9 ms", "of idle", "MiB at most"], rows);
    } finally {
      await topics.close();
      await sink.stop();
    }
  },
};

/** Nothing listens there. */
const dead = { http: { url: "http://127.0.0.1:9/" } };

async function ask(
  { scale }: Place,
  topics: FreshTopics,
  url: string,
  contender: Contender,
  round: number,
): Promise<Run> {
  const before = { stage: "before", onFailure: "allow", timeoutMs: 300 };
  const measured = { ...before, id: "measured", events: ["clients.update"], task: { http: { url } } };
  // A group of its own each time, which has all facts before it.
  const told = { id: `told-${round}`, stage: "after", events: ["clients.update"] };
  const counts = [16, Math.ceil(4000 * scale), Math.ceil(20_000 * scale)];
  const asked = async (bridge: BenchBridge): Promise<Run> => {
    const result = await resultOf("ask.ts", [...counts, bridge.pid], topics.env);
    return { ...result, peakMiB: peakMiB(bridge.pid) };
  };
  if (contender === "idle" || contender === behind) {
    const sick = contender === behind ? [{ ...told, task: dead }] : [];
    if (contender === behind) await fromStart(topics, `${topics.prefix}.after.${told.id}`, partitions);
    return withBridge(topics, [measured, ...sick], {}, asked);
  }
  const other = { ...before, id: "other", events: ["clients.archive"], task: { script: { path: "other.sh" } } };
  const scripts = { "other.sh": `#!/bin/sh\n${others[contender]}\n` };
  const load = ["8", "0", "1000000", "", "600", "clients.archive"];
  return withBridge(topics, [measured, other], scripts, (bridge) =>
    during("ask.ts", load, () => asked(bridge), topics.env),
  );
}

async function withBridge(
  topics: FreshTopics,
  handlers: readonly object[],
  scripts: Readonly<Record<string, string>>,
  use: (bridge: BenchBridge) => Promise<Run>,
): Promise<Run> {
  const bridge = await BenchBridge.start(topics.env, handlers, scripts);
  try {
    return await use(bridge);
  } finally {
    await bridge.kill();
  }
}
