import type { Problem } from "../errors.ts";
import { didYouMean } from "./handlers/did-you-mean.ts";
import { settingRows } from "./setting-rows.ts";

/** One line of what convict says, as a problem that names the variable most people set. */
export function convictProblem(line: string): Problem {
  const undeclared = /^configuration param '(.+)' not declared/.exec(line)?.[1];
  if (undeclared !== undefined) return problem(undeclared, "there is no such setting", hintFor(undeclared));
  const overridden = /^configuration param '(.+)' missing/.exec(line)?.[1];
  if (overridden !== undefined) return problem(overridden, "its section must be a map", null);
  const path = /^[\w.]+(?=: )/.exec(line)?.[0];
  const row = settingRows().find((candidate) => candidate.path === path);
  if (path === undefined || row === undefined) return problem(null, line, null);
  const said = line.slice(path.length + 2);
  return problem(path, `${row.env} ${unrepeated.has(row.format) ? said.replace(/: value was .*/s, "") : said}`, null);
}

/** Formats whose value is not repeated: a URL may hold somebody's password, a list names its wrong item anyway. */
const unrepeated: ReadonlySet<string> = new Set([
  "http-url",
  "host-ports",
  "names",
  "cidrs",
  "text",
  "texts",
  "host-names",
]);

function hintFor(path: string): string | null {
  return didYouMean(
    path,
    settingRows().map((row) => row.path),
  );
}

function problem(path: string | null, message: string, hint: string | null): Problem {
  return { path, place: null, message, hint };
}
