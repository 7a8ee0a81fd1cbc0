/**
 * Writes every generated file. `--check` writes nothing and ends with 1 when one of them is not what it would write.
 * A generator is a module in generators/: a path and a pure `render`; what it renders may depend on the repository alone.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { eventPages } from "./generators/event-pages.ts";
import { eventTypes } from "./generators/event-types.ts";
import type { Generator } from "./generators/generator.ts";
import { openApi } from "./generators/openapi.ts";
import { settingsTable } from "./generators/settings-table.ts";

const generators: readonly Generator[] = [eventTypes, eventPages, settingsTable, openApi];

const root = new URL("../", import.meta.url);
const check = process.argv.includes("--check");

for (const { path, render } of generators) {
  const file = new URL(path, root);
  const wanted = await render();
  if (textOf(file) === wanted) continue;
  if (check) {
    console.error(`${path} is not up to date: run \`npm run generate\``);
    process.exitCode = 1;
  } else {
    writeFileSync(file, wanted);
    console.log(`wrote ${path}`);
  }
}

function textOf(file: URL): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
