/**
 * `npm run faults [-- --json] [-- --short] [-- --write] [-- --only ID,ID]`: the verdict engine under every fault of
 * docs/faults.md, on real processes and a broker of its own. Prints one row a scenario as a Markdown table, or as JSON;
 * `--write` puts the table into docs/faults.md. Exit code 1 when a promise is broken or a fault did not happen.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { openStack } from "../src/dev-stack/stack.ts";
import { messageOf } from "../src/errors.ts";
import { groups } from "../test/support/faults/groups.ts";
import { type Row, tableOf } from "../test/support/faults/row.ts";
import { type Group, type Named, type Place, type Scale, show } from "../test/support/faults/scenario.ts";

const page = new URL("../docs/faults.md", import.meta.url);
const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    short: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
const only = options.only?.split(",");
if (only !== undefined && options.write) throw new Error("--write needs every row: not with --only");

interface Result {
  readonly title: string;
  readonly row: Row;
  readonly broken: readonly string[];
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function runGroup(group: Group, wanted: readonly Named[], place: Place): Promise<Result[]> {
  const scale: Scale = options.short ? group.short : group.long;
  say(`${group.name}: ${scale.requests} requests each, ${scale.perSecond} a second`);
  const stage = await group.open(place);
  const results: Result[] = [];
  try {
    for (const { id, title } of wanted) {
      const { broken, row } = await show(stage.scenario(id), scale);
      results.push({ title, row, broken });
      say(`  ${broken.length === 0 ? "kept" : "BROKEN"}  ${title}`);
      for (const line of broken.slice(0, 10)) say(`          ${line}`);
    }
  } finally {
    await stage.close();
  }
  return results;
}

async function runAll(): Promise<readonly Result[]> {
  const stack = await openStack({ name: `faults-${process.pid}`, kind: "maven", onProgress: say });
  const results: Result[] = [];
  try {
    const place = { servers: stack.addresses, broker: stack.servers?.broker ?? null };
    for (const group of groups) {
      const wanted = group.scenarios.filter(({ id }) => only?.includes(id) ?? true);
      if (wanted.length > 0) results.push(...(await runGroup(group, wanted, place)));
    }
  } finally {
    await stack.stop();
  }
  return results;
}

function writePage(table: string): void {
  const text = readFileSync(page, "utf8");
  const where = `${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
  const between = /(<!-- table -->\n)[\s\S]*(<!-- end of table -->)/;
  writeFileSync(
    page,
    text.replace(between, (_all, start: string, end: string) => `${start}${table}\n\n${where}.\n${end}`),
  );
}

try {
  const results = await runAll();
  const table = tableOf(results);
  process.stdout.write(options.json ? `${JSON.stringify(results, null, 2)}\n` : `${table}\n`);
  if (options.write) writePage(table);
  if (results.length === 0) say("no such scenario");
  process.exitCode = results.length > 0 && results.every(({ broken }) => broken.length === 0) ? 0 : 1;
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
}
