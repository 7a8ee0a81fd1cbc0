import { besidePeers, casesOf, compared, namedFor, type Row, ratio } from "../support/peer-programs.ts";
import type { Figure } from "../support/place.ts";
import { table } from "../support/rows.ts";

/** The bridge and the billing client in the tables of the benchmark peers (see peers-deliveries.ts). */
export const peersRequests: Figure = {
  id: "peers-requests",
  title: "Beside its peers: requests",
  needsPeers: true,
  measure: (place) =>
    besidePeers(place, async (folder, topics) =>
      requestsTable(await compared(folder, place, topics, "rr", "bridge-ask.ts")),
    ),
};

function requestsTable(rounds: readonly (readonly Row[])[]): string {
  const others = ["raw-kafkajs", "spring-kafka"];
  const columns = ["requests/s", "p50 ms", "p99 ms", "CPU us/request"];
  const rows = casesOf(rounds, ["concurrency"]).map((one) => [
    ...Object.values(one),
    ...columns.flatMap((column) => others.map((other) => ratio(rounds, one, other, column))),
  ]);
  const names = ["raw kafkajs", "Spring's template"];
  const titles = ["a second", "p50", "p99", "CPU each"].flatMap((title) => namedFor(title, names));
  return table(["at once", ...titles], rows);
}
