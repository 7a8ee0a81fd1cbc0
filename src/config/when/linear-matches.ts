import type { ASTNode, Environment } from "@marcbachmann/cel-js";
import { RE2JS } from "re2js";
import { messageOf } from "../../errors.ts";
import { nodesOf } from "./expression-walk.ts";

/**
 * `matches` on an engine that takes linear time. The library's own is JavaScript's RegExp: on an attacker's data a pattern
 * such as (a+)+$ holds the event loop for as long as one likes. It cannot be overridden (the signatures overlap), so every
 * call is renamed in the parsed expression; unit tests prove that none reaches the original.
 */
const linearName = "matches_linear";

/** A pattern is at most this long. RE2 expands counted repetitions: it has bounds of its own for those. */
const maxPatternLength = 512;

/** `s.matches("pattern")` and `matches(s, "pattern")`; the pattern may lie anywhere in the text (RE2 syntax). */
export function registerMatches(environment: Environment): void {
  const compiled = new Map<string, RE2JS>();
  const matches = (text: string, pattern: string): boolean => {
    const known = compiled.get(pattern) ?? RE2JS.compile(pattern);
    // Only literals come here: as many patterns as the expression holds.
    compiled.set(pattern, known);
    return known.matcher(text).find();
  };
  environment
    .registerFunction(`string.${linearName}(string): bool`, matches)
    .registerFunction(`${linearName}(string, string): bool`, matches);
}

/** Renames the calls of a parsed, not yet checked expression. Returns what is wrong with their patterns. */
export function redirectMatches(root: ASTNode): readonly string[] {
  const problems: string[] = [];
  for (const node of nodesOf(root)) {
    if ((node.op !== "rcall" && node.op !== "call") || node.args[0] !== "matches") continue;
    const parameters = node.op === "rcall" ? node.args[2] : node.args[1];
    const pattern = parameters.at(-1);
    const problem = patternProblem(pattern);
    if (problem !== undefined) problems.push(problem);
    (node.args as [string, ...unknown[]])[0] = linearName;
  }
  return problems;
}

function patternProblem(pattern: ASTNode | undefined): string | undefined {
  if (pattern?.op !== "value" || typeof pattern.args !== "string") {
    return "the pattern of matches() must be a literal text, not part of the data";
  }
  if (pattern.args.length > maxPatternLength) return `a pattern is longer than ${maxPatternLength} characters`;
  try {
    RE2JS.compile(pattern.args);
    return undefined;
  } catch (error) {
    return `a pattern is not in RE2 syntax: ${messageOf(error)}`;
  }
}
