import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { messageOf, ProblemsError } from "../errors.ts";
import type { Handler } from "../model/handler.ts";
import type { BudgetRow } from "./budget.ts";
import { checkBudget, checkIds, checkMayChange, type Placed } from "./handlers/cross-check.ts";
import { Findings, Part } from "./handlers/part.ts";
import { readHandler } from "./handlers/read-handler.ts";
import { readYaml } from "./handlers/yaml-tree.ts";
import type { Shapes } from "./when.ts";

/** The handlers file: YAML with one key, `handlers` (config/handlers.example.yaml shows every kind). */

export interface HandlersOptions {
  /** The shape of an event's data, undefined where no schema is known. `when` and `mayChange` are checked against it. */
  readonly shapes: Shapes;
  /** The configured deadline D of requests, milliseconds: what the budget proof is for. */
  readonly deadlineMs: number;
  /** Stands before each place; default `handlers.yaml`. */
  readonly fileName?: string;
}

export interface LoadedHandlers {
  /** In the order of the file. */
  readonly handlers: readonly Handler[];
  /** What loads but may not be meant, each with its place. */
  readonly warnings: readonly string[];
  /** The budget proof, one row for each event id that before handlers name. */
  readonly budget: readonly BudgetRow[];
}

const maxBytes = 1_048_576;
const maxHandlers = 1000;

/** Reads a file as `parseHandlers` does. Throws HANDLERS_INVALID also when it cannot be read or is larger than 1 MiB. */
export function loadHandlersFile(path: string, options: HandlersOptions): LoadedHandlers {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ProblemsError("HANDLERS_INVALID", `the handlers file ${path} cannot be read:`, [messageOf(error)]);
  }
  return parseHandlers(text, { fileName: basename(path), ...options });
}

/**
 * Validates the whole text: throws ProblemsError HANDLERS_INVALID with every problem at once, in the order of the text,
 * each as `file:line:column handlers[2].onFailure: what is wrong`. No problem repeats a URL or a secret.
 */
export function parseHandlers(text: string, options: HandlersOptions): LoadedHandlers {
  const fileName = options.fileName ?? "handlers.yaml";
  if (Buffer.byteLength(text) > maxBytes) {
    throw new ProblemsError("HANDLERS_INVALID", `${fileName} cannot be used:`, [`it is larger than ${maxBytes} bytes`]);
  }
  const yaml = readYaml(text);
  const findings = new Findings();
  findings.problems.push(...yaml.problems);
  const inOrder = (list: readonly { readonly at: number; readonly text: string }[]): readonly string[] =>
    list
      .toSorted((left, right) => left.at - right.at)
      .map((finding) => `${fileName}:${yaml.placeOf(finding.at)} ${finding.text}`);

  const placed: Placed[] = [];
  let budget: readonly BudgetRow[] = [];
  if (yaml.tree !== undefined) {
    const root = new Part(yaml.tree, "", findings);
    placed.push(...readAll(root, options.shapes));
    checkIds(placed);
    for (const one of placed) checkMayChange(one, options.shapes);
    budget = checkBudget(placed, root.inside("handlers"), options.deadlineMs);
  }
  if (findings.problems.length > 0) {
    throw new ProblemsError("HANDLERS_INVALID", `${fileName} cannot be used:`, inOrder(findings.problems));
  }
  return { handlers: placed.map(({ handler }) => handler), warnings: inOrder(findings.warnings), budget };
}

function readAll(root: Part, shapes: Shapes): readonly Placed[] {
  const list = root.keys(["handlers"]).get("handlers");
  if (list === undefined) {
    if (root.tree.kind === "map") root.problem("needs the key handlers (an empty list means: none)");
    return [];
  }
  const items = list.items() ?? [];
  if (items.length > maxHandlers) list.problem(`holds more than ${maxHandlers} handlers`);
  return items.slice(0, maxHandlers).flatMap((part) => {
    const handler = readHandler(part, shapes);
    return handler === undefined ? [] : [{ handler, part }];
  });
}
