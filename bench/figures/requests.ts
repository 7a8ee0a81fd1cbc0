import { FreshTopics } from "../../test/support/fresh-topics.ts";
import { type AskLoad, type AskRun, askBridge, askedBridges, askFloor, askLoads } from "../support/ask-run.ts";
import { cells } from "../support/cells.ts";
import type { Figure } from "../support/place.ts";
import { SinkProcess } from "../support/programs.ts";
import { alternate, table } from "../support/rows.ts";

const contenders = ["floor", ...askedBridges] as const;
type Contender = (typeof contenders)[number];

/** Requests in a closed loop, against kafkajs on both ends with nothing between. */
export const requests: Figure = {
  id: "requests",
  title: "Before the event: request and reply",
  async measure(place) {
    const rows: string[][] = [];
    const sink = await SinkProcess.start(0);
    const topics = await FreshTopics.open({ partitions: 6, servers: place.servers });
    try {
      for (const load of askLoads) {
        const results = await alternate(contenders, place.rounds, async (contender) => {
          const result = await (contender === "floor"
            ? askFloor(place, topics, sink.url, load)
            : askBridge(place, topics, sink.url, load, contender));
          place.say(
            `  ${load.atOnce} at once: ${contender} ${Math.round(result.perSecond)}/s, p50 ${result.p50.toFixed(2)} ms, p99 ${result.p99.toFixed(2)} ms ${JSON.stringify(result.decided)}`,
          );
          return result;
        });
        rows.push(...rowsOf(load, results, Math.ceil(load.requests * place.scale)));
      }
    } finally {
      await topics.close();
      await sink.stop();
    }
    const columns = [
      "at once",
      "",
      "a second",
      "of the floor",
      "p50 ms",
      "of the floor's",
      "p99 ms",
      "of the floor's",
      "p99.9 ms",
      "CPU µs each",
      "of the floor's",
    ];
    return table(columns, rows);
  },
};

function rowsOf({ atOnce }: AskLoad, results: ReadonlyMap<Contender, readonly AskRun[]>, count: number): string[][] {
  return contenders.map((contender) => {
    const of = cells(results, contender, "floor");
    const meant = contender === "no handler" ? "no-handler" : "handler";
    const runs = contender === "floor" ? [] : (results.get(contender) ?? []);
    const unmeant = runs.reduce((sum, { decided }) => sum + count - (decided[meant] ?? 0), 0);
    const name = unmeant === 0 ? contender : `${contender} (${unmeant} of ${runs.length * count} decided otherwise)`;
    const [p999] = of("p999", 2);
    const figures = [...of("perSecond", 0), ...of("p50", 2), ...of("p99", 2), p999, ...of("cpuMicros", 0)];
    return [String(atOnce), name, ...figures];
  });
}
