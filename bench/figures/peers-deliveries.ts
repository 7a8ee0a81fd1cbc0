import { copyEvents } from "../peers/copied-events.ts";
import {
  besidePeers,
  casesOf,
  compared,
  namedFor,
  peersPartitions,
  type Row,
  ratio,
  runPeers,
} from "../support/peer-programs.ts";
import type { Figure } from "../support/place.ts";
import { table } from "../support/rows.ts";

/** What `compare` gives its peers to deliver. */
const events = { partitions: peersPartitions, records: 200_000, keys: 1000, bytes: 300 };

/** The bridge in the tables of the benchmark peers, which are no part of this repository: PEERS_DIR says where they were built. */
export const peersDeliveries: Figure = {
  id: "peers-deliveries",
  title: "Beside its peers: deliveries",
  needsPeers: true,
  measure: (place) =>
    besidePeers(place, async (folder, topics) => {
      // Once for all rounds: the time of a run is short for it.
      const like = `${topics.prefix}.like-theirs`;
      const options = Object.entries(events).flatMap(([name, value]) => [`--${name}`, String(value)]);
      await runPeers(folder, place, topics, ["produce", "--topic", like, ...options]);
      await copyEvents(topics, like);
      place.say(`  ${events.records} facts written`);
      return deliveriesTable(await compared(folder, place, topics, "http", "bridge-deliver.ts"));
    }),
};

function deliveriesTable(rounds: readonly (readonly Row[])[]): string {
  const others = ["raw-kafkajs", "parallel-consumer", "spring-kafka (6 threads)"];
  const cases = ["sink ms", "max concurrency"];
  const rows = casesOf(rounds, cases).map((one) => [
    ...Object.values(one),
    ...others.map((other) => ratio(rounds, one, other, "events/s")),
    ...others.map((other) => ratio(rounds, one, other, "CPU us/event")),
  ]);
  const names = ["raw kafkajs", "parallel-consumer", "Spring listener"];
  return table(["sink ms", "in flight", ...namedFor("a second", names), ...namedFor("CPU each", names)], rows);
}
