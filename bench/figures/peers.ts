import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname, join } from "node:path";
import type { Figure, Place } from "../support/place.ts";
import { shown, summary, table } from "../support/rows.ts";

const programs = join(import.meta.dirname, "../peers");
const ours = "bridge";
/** Longer than all its runs can take: each has a limit of its own. */
const limitSeconds = 1500;

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
    for (let round = 0; round < place.rounds; round++) {
      place.say(`  round ${round + 1} of ${place.rounds}`);
      http.push(await compare(folder, place, "http", ["--http-peer", command("bridge-deliver.ts")]));
      requestReply.push(await compare(folder, place, "rr", ["--rr-peer", command("bridge-ask.ts")]));
    }
    return `${deliveriesTable(http)}\n\n${requestsTable(requestReply)}`;
  },
};

function command(program: string): string {
  return `${ours}="${process.execPath}" "${join(programs, program)}"`;
}

/** Runs `compare` for one of its two tables and reads it. Rejects when it fails. */
async function compare(
  folder: string,
  { scale, servers }: Place,
  only: "http" | "rr",
  peer: readonly string[],
): Promise<Row[]> {
  const cold = scale < 1 ? ["--cold", "1"] : [];
  const options = ["--only", only, "--limit-s", String(limitSeconds), ...cold, ...peer];
  const child = spawn(join(folder, "run"), ["compare", ...options], {
    env: {
      ...process.env,
      // Theirs and ours run on the same Node.
      PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
      KAFKA_BROKERS: servers.kafkaBrokers,
      SCHEMA_REGISTRY_URL: servers.schemaRegistryUrl,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`compare --only ${only} of the peers failed`);
  return rowsOf(text);
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
