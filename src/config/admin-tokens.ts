import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { messageOf, type Problem, ProblemsError } from "../errors.ts";

/** One line of ADMIN_TOKENS_FILE: who may use the admin interface by a token. */
export interface TokenLine {
  readonly name: string;
  readonly role: "viewer" | "operator";
  /** `sha256:` and 64 hexadecimal digits; never the token. */
  readonly hash: string;
}

const mostTokens = 1000;

/** The file that `admin token` makes lines for. Throws ProblemsError SETTINGS_INVALID with every problem; none repeats a hash. */
export function readTokensFile(path: string): readonly TokenLine[] {
  let parsed: unknown;
  try {
    parsed = parse(readFileSync(path, "utf8"), { maxAliasCount: 0 });
  } catch (error) {
    // What the parser says may repeat the text.
    const why = (error as NodeJS.ErrnoException).code === undefined ? "it is not YAML" : messageOf(error);
    throw refused(path, [problem(null, why)]);
  }
  const list = (parsed as { tokens?: unknown } | null)?.tokens;
  if (!Array.isArray(list) || list.length > mostTokens) {
    throw refused(path, [problem("tokens", `must be a list of at most ${mostTokens}`)]);
  }
  const problems: Problem[] = [];
  const lines = (list as unknown[]).map((item, at) => lineOf(item, `tokens[${at}]`, problems));
  const names = lines.map(({ name }) => name);
  names.forEach((name, at) => {
    if (names.indexOf(name) < at) problems.push(problem(`tokens[${at}].name`, "is somebody else's already"));
  });
  if (problems.length > 0) throw refused(path, problems);
  return lines;
}

function lineOf(item: unknown, at: string, problems: Problem[]): TokenLine {
  const { name, role, hash, ...others } = (typeof item === "object" && item !== null ? item : {}) as Record<
    string,
    unknown
  >;
  for (const key of Object.keys(others)) problems.push(problem(`${at}.${key}`, "unknown key"));
  if (typeof name !== "string" || !/^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,99}$/u.test(name)) {
    problems.push(problem(`${at}.name`, "must be a name of at most 100 letters, digits and . _ @ -"));
  }
  if (role !== "viewer" && role !== "operator") problems.push(problem(`${at}.role`, "must be viewer or operator"));
  if (typeof hash !== "string" || !/^sha256:[0-9a-f]{64}$/.test(hash)) {
    problems.push(problem(`${at}.hash`, "must be sha256: and 64 hexadecimal digits, as `admin token` prints it"));
  }
  return { name: String(name), role: role === "operator" ? "operator" : "viewer", hash: String(hash) };
}

function problem(path: string | null, message: string): Problem {
  return { path, place: null, message, hint: null };
}

function refused(path: string, problems: readonly Problem[]): ProblemsError {
  return new ProblemsError("SETTINGS_INVALID", `the file of tokens ${path} cannot be used:`, problems);
}
