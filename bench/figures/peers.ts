import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname, join } from "node:path";
import { FreshTopics } from "../../test/support/fresh-topics.ts";
import { copyEvents } from "../peers/copied-events.ts";
import type { Figure, Place } from "../support/place.ts";
import { shown, summary, table } from "../support/rows.ts";

const programs = join(import.meta.dirname, "../peers");
const ours = "bridge";
/** Longer than all its runs can take: each has a limit of its own. */
const limitSeconds = 1500;
/** What `compare` gives its peers to deliver. */
const events = { partitions: 6, records: 200_000, keys: 1000, bytes: 300 };

/** One row of a table of `compare`, by the names of its columns. */
type Row = Readonly<Record<string, string>>;

/** The bridge in the tables of the benchmark peers, which are no part of this repository: PEERS_DIR says where they were built. */
export const peers: Figure = {
  id: "peers",
  title: "Beside its peers",
  async measure(place) {
    const folder = process.env["PEERS_DIR"];
    if (folder === undefined || folder === "") {
      place.say("  skipped: PEERS_DIR does not name the folder of the benchmark peers, built as its README says");
      return null;
    }
    const http: Row[][] = [];
    const requestReply: Row[][] = [];
    const topics = await FreshTopics.open({ partitions: events.partitions, servers: place.servers });
    try {
      // Once for all rounds: the time of a run is short for it.
      const like = `${topics.prefix}.like-theirs`;
      await runPeers(folder, place, topics, ["produce", "--topic", like, ...optionsOf(events)]);
      await copyEvents(topics, like);
      place.say(`  ${events.records} facts written`);
      const compare = async (only: string, ...more: string[]): Promise<Row[]> => {
        const cold = place.scale < 1 ? ["--cold", "1"] : [];
        const options = ["--only", only, "--limit-s", String(limitSeconds), ...cold, ...more];
        return rowsOf(await runPeers(folder, place, topics, ["compare", ...options]));
      };
      for (let round = 0; round < place.rounds; round++) {
        place.say(`  round ${round + 1} of ${place.rounds}`);
        http.push(await compare("http", "--http-peer", command("bridge-deliver.ts")));
        requestReply.push(await compare("rr", "--rr-peer", command("bridge-ask.ts")));
      }
    } finally {
      await topics.close();
    }
    return `${deliveriesTable(http)}\n\n${requestsTable(requestReply)}`;
  },
};

function command(program: string): string {
  return `${ours}="${process.execPath}" "${join(programs, program)}"`;
}

function optionsOf(values: Readonly<Record<string, number>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

/** Runs a program of theirs to its end and returns what it printed; ours in it use these topics. Rejects when it fails. */
async function runPeers(
  folder: string,
  { servers }: Place,
  topics: FreshTopics,
  command: readonly string[],
): Promise<string> {
  const child = spawn(join(folder, "run"), command, {
    env: {
      ...process.env,
      // Theirs and ours run on the same Node.
      PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
      KAFKA_BROKERS: servers.kafkaBrokers,
      SCHEMA_REGISTRY_URL: servers.schemaRegistryUrl,
      TOPIC_PREFIX: topics.prefix,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${command.slice(0, 3).join(" ")} of the peers failed`);
  return text;
}

function rowsOf(text: string): Row[] {
  const lines = text.split("\n").filter((line) => line.startsWith("| "));
  const [columns = [], , ...cells] = lines.map((line) => line.slice(2, -2).split(" | "));
  return cells.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at] ?? ""])));
}

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

function namedFor(title: string, names: readonly string[]): string[] {
  return names.map((name) => `${title} / ${name}`);
}

/** The rows' own values of these columns, each combination once. */
function casesOf(rounds: readonly (readonly Row[])[], columns: readonly string[]): Row[] {
  const all = rounds.flat().map((row) => Object.fromEntries(columns.map((column) => [column, row[column] ?? ""])));
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

/** Ours through another's in each round that has both; `-` where none has. */
function ratio(rounds: readonly (readonly Row[])[], one: Row, other: string, column: string): string {
  const ratios = rounds.flatMap((rows) => {
    const of = (peer: string): number => {
      const row = rows.find((row) => row["peer"] === peer && Object.keys(one).every((key) => row[key] === one[key]));
      return Number(row?.[column]);
    };
    const value = of(ours) / of(other);
    return Number.isFinite(value) ? [value] : [];
  });
  return ratios.length === 0 ? "-" : shown(summary(ratios));
}
