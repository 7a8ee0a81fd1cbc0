/** `npm run test:soak [-- OPTIONS]`: the delivery engine under the ledger (docs/soak.md). Exit code 1 when a promise is broken. */
import { randomInt, randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { openStack } from "../src/dev-stack/stack.ts";
import { messageOf } from "../src/errors.ts";
import { runMark } from "../test/support/runner/left-behind.ts";
import { headLines, lineOf, type Shown, type SoakRow } from "../test/support/soak/row.ts";
import type { SoakPlace, SoakScenario } from "../test/support/soak/scenario.ts";
import { scenarios } from "../test/support/soak/scenarios.ts";

const help = `npm run test:soak -- [--only ID,ID] [--short] [--json] [--seed N]

Real bridges, a broker and a registry of their own; what was sent and what arrived is written down by processes of their
own and held against each other. Prints a row as each scenario ends.

  --only ID,ID  some scenarios (below) instead of all
  --short       seconds instead of minutes, as in npm test
  --json        all that was measured, as JSON, at the end
  --seed N      the same random choices as a run that printed N
  --help        this

${scenarios.map(({ id, title }) => `  ${id.padEnd(18)}${title}`).join("\n")}
`;

const { values: options } = parseArgs({
  options: {
    help: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    short: { type: "boolean", default: false },
    only: { type: "string" },
    seed: { type: "string" },
  },
});

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function show({ id, run, title }: SoakScenario, place: SoakPlace, seed: number): Promise<Shown> {
  const startMs = performance.now();
  const tell = (line: string): void => say(`  ${id}: ${line}`);
  // What fails altogether is a row like any other, and the others run.
  const failed = (error: unknown): SoakRow => ({
    ...{ events: 0, attempts: 0, repeated: 0, mayRepeat: 0, lost: 0, outOfOrder: 0, figures: [] },
    seconds: (performance.now() - startMs) / 1000,
    broken: [messageOf(error)],
  });
  const row = await run({ place, short: options.short, seed, say: tell }).catch(failed);
  return { id, title, row };
}

async function runAll(wanted: readonly SoakScenario[], seed: number): Promise<readonly Shown[]> {
  const stack = await openStack({ name: `soak-${process.pid}`, kind: "maven", onProgress: say });
  // Set after the stack has started: its processes are not left behind by a scenario.
  process.env[runMark] = randomUUID();
  const shown: Shown[] = [];
  const print = options.json ? say : (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    if (stack.servers === null) throw new Error("the soak needs a broker it may stop");
    const place = { servers: stack.addresses, ...stack.servers };
    for (const line of headLines) print(line);
    for (const scenario of wanted) {
      const one = await show(scenario, place, seed);
      shown.push(one);
      print(lineOf(one));
      for (const line of one.row.broken) say(`  BROKEN ${scenario.id}: ${line}`);
    }
  } finally {
    await stack.stop();
  }
  return shown;
}

const ids = options.only?.split(",");
const unknown = ids?.filter((id) => !scenarios.some((scenario) => scenario.id === id)) ?? [];
if (options.help) process.stdout.write(help);
else if (unknown.length > 0) {
  say(`no such scenario: ${unknown.join(", ")}\n\n${help}`);
  process.exitCode = 2;
} else {
  const seed = options.seed === undefined ? randomInt(2 ** 31) : Number(options.seed);
  say(`seed ${seed}`);
  try {
    const wanted = scenarios.filter(({ id }) => ids?.includes(id) ?? true);
    const shown = await runAll(wanted, seed);
    if (options.json) process.stdout.write(`${JSON.stringify({ seed, scenarios: shown }, null, 2)}\n`);
    process.exitCode = shown.every(({ row }) => row.broken.length === 0) ? 0 : 1;
  } catch (error) {
    say(messageOf(error));
    process.exitCode = 1;
  }
}
