/** `npm run bench`: see `helpText`. Figures are ratios of runs made side by side in one go; nothing here is a test. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { openStack } from "../src/dev-stack/stack.ts";
import { figures } from "./figures.ts";
import { type BenchOptions, helpText, readOptions } from "./support/bench-options.ts";

const page = new URL("../docs/performance.md", import.meta.url);

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const options = readOptions(figures, process.argv.slice(2), process.env["PEERS_DIR"] ?? "");
switch (options.kind) {
  case "help":
    process.stdout.write(helpText(figures));
    break;
  case "wrong":
    say(`error: ${options.why}\n\n${helpText(figures)}`);
    process.exitCode = 2;
    break;
  case "run":
    await run(options);
}

async function run({ leftOut, quick, rounds, wanted, write }: BenchOptions & { kind: "run" }): Promise<void> {
  for (const { id } of leftOut) say(`left out: ${id}, as PEERS_DIR does not name the folder of the benchmark peers`);
  const stack = await openStack({ name: `bench-${process.pid}`, kind: "maven", onProgress: say });
  try {
    for (const { id, measure, title } of wanted) {
      say(title);
      const table = await measure({ servers: stack.addresses, rounds, scale: quick ? 0.2 : 1, say });
      const caveat = quick ? "\nOne short round: it shows that the figure can be measured, and is no result.\n" : "";
      process.stdout.write(`\n${title}\n\n${table}\n${caveat}`);
      if (write) writeTable(id, table, rounds);
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

function writeTable(id: string, table: string, rounds: number): void {
  const text = readFileSync(page, "utf8");
  const when = `${rounds} rounds, ${cpus().length} cores shared with broker and sink, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}, commit ${commit()}.`;
  const between = new RegExp(`(<!-- ${id} -->\\n)[\\s\\S]*?(<!-- end -->)`);
  if (!between.test(text)) throw new Error(`docs/performance.md has no place for ${id}`);
  writeFileSync(
    page,
    text.replace(between, (_all, start: string, end: string) => `${start}${table}\n\n${when}\n${end}`),
  );
}
