import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname, join } from "node:path";
import { FreshTopics } from "../../test/support/fresh-topics.ts";
import type { Place } from "./place.ts";
import { shown, summary } from "./rows.ts";

const programs = join(import.meta.dirname, "../peers");
const ours = "bridge";
/** As many as `compare` gives its peers. */
export const peersPartitions = 6;
/** Longer than all its runs can take: each has a limit of its own. */
const limitSeconds = 1500;

/** One row of a table of `compare`, by the names of its columns. */
export type Row = Readonly<Record<string, string>>;

/** The peers where they were built, and topics for ours. Rejects where PEERS_DIR does not name their folder. */
export async function besidePeers(
  place: Place,
  use: (folder: string, topics: FreshTopics) => Promise<string>,
): Promise<string> {
  const folder = process.env["PEERS_DIR"] ?? "";
  if (folder === "") throw new Error("PEERS_DIR does not name the folder of the benchmark peers");
  const topics = await FreshTopics.open({ partitions: peersPartitions, servers: place.servers });
  try {
    return await use(folder, topics);
  } finally {
    await topics.close();
  }
}

/** One of their tables, once a round, with ours in it as one more peer. */
export async function compared(
  folder: string,
  place: Place,
  topics: FreshTopics,
  kind: "http" | "rr",
  program: string,
): Promise<Row[][]> {
  const cold = place.scale < 1 ? ["--cold", "1"] : [];
  const peer = `${ours}="${process.execPath}" "${join(programs, program)}"`;
  const options = ["--only", kind, "--limit-s", String(limitSeconds), ...cold, `--${kind}-peer`, peer];
  const rounds: Row[][] = [];
  while (rounds.length < place.rounds) {
    place.say(`  round ${rounds.length + 1} of ${place.rounds}`);
    rounds.push(rowsOf(await runPeers(folder, place, topics, ["compare", ...options])));
  }
  return rounds;
}

/** Runs a program of theirs to its end and returns what it printed; ours in it use these topics. Rejects when it fails. */
export async function runPeers(
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

export function namedFor(title: string, names: readonly string[]): string[] {
  return names.map((name) => `${title} / ${name}`);
}

/** The rows' own values of these columns, each combination once. */
export function casesOf(rounds: readonly (readonly Row[])[], columns: readonly string[]): Row[] {
  const all = rounds.flat().map((row) => Object.fromEntries(columns.map((column) => [column, row[column] ?? ""])));
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

/** Ours through another's in each round that has both; `-` where none has. */
export function ratio(rounds: readonly (readonly Row[])[], one: Row, other: string, column: string): string {
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
