import { parseArgs } from "node:util";
import { messageOf } from "../../src/errors.ts";
import type { Figure } from "./place.ts";

export type BenchOptions =
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly why: string }
  | {
      readonly kind: "run";
      readonly wanted: readonly Figure[];
      /** Of all figures those that cannot be measured here. */
      readonly leftOut: readonly Figure[];
      readonly rounds: number;
      readonly quick: boolean;
      readonly write: boolean;
    };

/** What the page shows is so many rounds at least, whole. */
const writtenRounds = 5;

export function readOptions(figures: readonly Figure[], args: readonly string[], peersDir: string): BenchOptions {
  const wrong = (why: string): BenchOptions => ({ kind: "wrong", why });
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return wrong(messageOf(error));
  }
  const { positionals: ids, values } = parsed;
  const { quick, write } = values;
  const unknown = ids.filter((id) => figures.every((figure) => figure.id !== id));
  const rounds = quick ? 1 : Number(values.rounds);
  if (values.help) return { kind: "help" };
  if (unknown.length > 0) return wrong(`no such figure: ${unknown.join(", ")}`);
  if (!(Number.isInteger(rounds) && rounds >= 1)) return wrong(`--rounds is a count of 1 or more: ${values.rounds}`);
  if (write && rounds < writtenRounds) {
    return wrong(`--write puts ${writtenRounds} whole rounds or more into the page: no --quick, no fewer --rounds`);
  }
  const peerless = figures.filter(({ id, needsPeers = false }) => needsPeers && peersDir === "" && ids.includes(id));
  if (peerless.length > 0) {
    return wrong(
      `${peerless.map(({ id }) => id).join(", ")}: PEERS_DIR does not name the folder of the benchmark peers`,
    );
  }
  const leftOut = ids.length > 0 || peersDir !== "" ? [] : figures.filter(({ needsPeers = false }) => needsPeers);
  const named = ids.length === 0 ? figures : figures.filter(({ id }) => ids.includes(id));
  return { kind: "run", wanted: named.filter((figure) => !leftOut.includes(figure)), leftOut, rounds, quick, write };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      quick: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
}

export function helpText(figures: readonly Figure[]): string {
  const lines = figures.map(({ id, title }) => `  ${id.padEnd(18)}${title}`);
  return `npm run bench [-- FIGURE ... OPTIONS]

How close the bridge is to what its parts allow, in ratios of runs made side by side on a broker of its own: an hour or
two for all figures. What the tables mean, and what was measured: docs/performance.md.

  --rounds N        alternating runs of each, 5 where nothing is said
  --quick           one short round: shows that it works, and is no result
  --write           puts the tables into docs/performance.md, ${writtenRounds} rounds or more
  --help            this

${lines.join("\n")}

PEERS_DIR: the folder in which the benchmark peers were built; figures beside them are left out without it.
Exit code 0, 1 when a figure could not be measured, 2 for options that are wrong.
`;
}
