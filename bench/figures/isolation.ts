import { randomUUID } from "node:crypto";
import { FreshTopics } from "../../test/support/fresh-topics.ts";
import { BenchBridge } from "../support/bench-bridge.ts";
import { cells } from "../support/cells.ts";
import { writeFacts } from "../support/facts.ts";
import { type Figure, fromStart, type Place } from "../support/place.ts";
import { type AskResult, during, resultOf, SinkProcess } from "../support/programs.ts";
import { alternate, table } from "../support/rows.ts";

const partitions = 6;
const facts = 1_000_000;
const contenders = ["idle", "facts behind a dead handler", "another event's handler hangs"] as const;
type Contender = (typeof contenders)[number];

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
      const results = await alternate(contenders, place.rounds, async (contender) => {
        const result = await ask(place, topics, sink.url, contender);
        place.say(`  ${contender}: p50 ${result.p50.toFixed(2)} ms, p99 ${result.p99.toFixed(2)} ms`);
        return result;
      });
      const rows = contenders.map((contender) => {
        const of = cells(results, contender, "idle");
        return [contender, ...of("p50", 2), ...of("p99", 2), ...of("p999", 2)];
      });
      return table(["", "p50 ms", "of idle", "p99 ms", "of idle", "p99.9 ms", "of idle"], rows);
    } finally {
      await topics.close();
      await sink.stop();
    }
  },
};

/** Nothing listens there. */
const dead = { http: { url: "http://127.0.0.1:9/" } };

async function ask({ scale }: Place, topics: FreshTopics, url: string, contender: Contender): Promise<AskResult> {
  const before = { stage: "before", onFailure: "allow", timeoutMs: 300 };
  const measured = { ...before, id: "measured", events: ["clients.update"], task: { http: { url } } };
  const told = { id: "told", stage: "after", events: ["clients.update"] };
  const groupPrefix = `${topics.prefix}.${randomUUID().slice(0, 8)}`;
  const env = { ...topics.env, GROUP_PREFIX: groupPrefix };
  const counts = [16, Math.ceil(4000 * scale), Math.ceil(20_000 * scale)];
  const asked = (bridge: BenchBridge): Promise<AskResult> =>
    resultOf("ask.ts", [...counts, bridge.pid], { ...topics.env, GROUP_PREFIX: groupPrefix });
  const sick: readonly object[] =
    contender === "facts behind a dead handler"
      ? [{ ...told, task: dead }]
      : contender === "another event's handler hangs"
        ? [{ ...before, id: "hangs", events: ["clients.archive"], task: { script: { path: "hang.sh" } } }]
        : [];
  if (contender === "facts behind a dead handler") await fromStart(topics, `${groupPrefix}.after.told`, partitions);
  const scripts = { "hang.sh": "#!/bin/sh\nexec sleep 60\n" };
  const bridge = await BenchBridge.start(env, [measured, ...sick], scripts);
  try {
    if (contender !== "another event's handler hangs") return await asked(bridge);
    const others = ["8", "0", "1000000", "", "600", "clients.archive"];
    return await during("ask.ts", others, () => asked(bridge), { ...topics.env, GROUP_PREFIX: groupPrefix });
  } finally {
    await bridge.kill();
  }
}
