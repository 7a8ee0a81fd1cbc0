/**
 * `npm run bench [-- FIGURE ...] [--rounds 5] [--quick] [--write]`: how close the bridge is to what its parts allow.
 * Figures are ratios of runs made side by side in one go, on a broker of its own; nothing here is a test.
 * `--write` puts the tables into docs/performance.md. Exit code 2 for an unknown figure, and for `--write` of
 * fewer than five rounds, which `--quick` is.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { openStack } from "../src/dev-stack/stack.ts";
import { figures } from "./figures.ts";

const page = new URL("../docs/performance.md", import.meta.url);
const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const wanted = figures.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
const unknown = positionals.filter((id) => figures.every((figure) => figure.id !== id));
const rounds = options.quick ? 1 : Number(options.rounds);

// What the page shows is five rounds at least, whole; a quick look is one.
const wrong = unknown.length > 0 || !(rounds >= (options.write ? 5 : 1));
if (options.help || wrong) {
  say(
    "npm run bench [-- FIGURE ...] [--rounds 5] [--quick: one short round | --write: five or more, into docs/performance.md]",
  );
  for (const { id, title } of figures) say(`  ${id.padEnd(12)} ${title}`);
  process.exitCode = options.help ? 0 : 2;
} else {
  const stack = await openStack({ name: `bench-${process.pid}`, kind: "maven", onProgress: say });
  try {
    for (const { id, measure, title } of wanted) {
      say(title);
      const table = await measure({ servers: stack.addresses, rounds, scale: options.quick ? 0.2 : 1, say });
      if (table === null) continue;
      process.stdout.write(`\n${title}\n\n${table}\n`);
      if (options.write) writeTable(id, table);
    }
  } finally {
    await stack.stop();
  }
}

/** The last one that changed what is measured; a `+` where it was changed since. */
function commit(): string {
  const measured = ["--", "src", "bench", "schemas", "package-lock.json"];
  const git = (...args: readonly string[]): string =>
    execFileSync("git", [...args, ...measured], { encoding: "utf8" }).trim();
  return git("log", "-1", "--abbrev=7", "--format=%h") + (git("status", "--porcelain") === "" ? "" : "+");
}

function writeTable(id: string, table: string): void {
  const text = readFileSync(page, "utf8");
  const when = `${rounds} rounds, ${cpus().length} cores shared with broker and sink, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}, commit ${commit()}.`;
  const between = new RegExp(`(<!-- ${id} -->\\n)[\\s\\S]*?(<!-- end -->)`);
  if (!between.test(text)) throw new Error(`docs/performance.md has no place for ${id}`);
  writeFileSync(
    page,
    text.replace(between, (_all, start: string, end: string) => `${start}${table}\n\n${when}\n${end}`),
  );
}
