import { FreshTopics } from "../../test/support/fresh-topics.ts";
import { type AskLoad, askBridge, askedBridges, askFloor, askLoads } from "../support/ask-run.ts";
import type { Figure } from "../support/place.ts";
import { type AskResult, SinkProcess } from "../support/programs.ts";
import { alternate, ratios, shown, summary, table } from "../support/rows.ts";

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

function rowsOf({ atOnce }: AskLoad, results: ReadonlyMap<Contender, readonly AskResult[]>, count: number): string[][] {
  const of = (contender: Contender, what: (result: AskResult) => number): readonly number[] =>
    (results.get(contender) ?? []).map(what);
  const floor = (what: (result: AskResult) => number): readonly number[] => of("floor", what);
  return contenders.map((contender) => {
    const both = (what: (result: AskResult) => number, digits: number): readonly string[] => [
      shown(summary(of(contender, what)), digits),
      shown(ratios(of(contender, what), floor(what))),
    ];
    // Only what was decided as meant counts as a request.
    const meant = contender === "no handler" ? "no-handler" : "handler";
    const unmeant = (results.get(contender) ?? []).reduce(
      (sum, { decided }) => sum + count - (decided[meant] ?? count),
      0,
    );
    const name = contender === "floor" || unmeant === 0 ? contender : `${contender} (${unmeant} decided otherwise)`;
    return [
      String(atOnce),
      name,
      ...both((result) => result.perSecond, 0),
      ...both((result) => result.p50, 2),
      ...both((result) => result.p99, 2),
      shown(summary(of(contender, (result) => result.p999)), 2),
      ...both((result) => (result.cpuSeconds * 1e6) / count, 0),
    ];
  });
}
