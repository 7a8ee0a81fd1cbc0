import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { messageOf, type Problem, problemText } from "../errors.ts";
import type { Handler, Task } from "../model/handler.ts";
import type { HandlerDefinition } from "../model/handler-log.ts";
import type { BudgetRow } from "./budget.ts";
import { checkGroupWide } from "./handlers/check-group-wide.ts";
import { checkBudget, checkIds, checkMayChange, checkSince, checkTask, type Placed } from "./handlers/cross-check.ts";
import { jsonOf } from "./handlers/json-tree.ts";
import { type Finding, Findings, Part } from "./handlers/part.ts";
import { readHandler } from "./handlers/read-handler.ts";
import { readYaml } from "./handlers/yaml-tree.ts";
import type { Shapes } from "./when.ts";

/** The handlers file: YAML with one key, `handlers` (config/handlers.example.yaml shows every kind). */

export interface HandlersOptions {
  /** The shape of an event's data, undefined where no schema is known. `when` and `mayChange` are checked against it. */
  readonly shapes: Shapes;
  /** The configured deadline D of requests, milliseconds: what the budget proof is for. Null: not known, nothing is proved. */
  readonly deadlineMs: number | null;
  /** Why the bridge as it is set up could never run this task; null when nothing is known against it. Default: never. */
  readonly refusalOf?: (task: Task) => string | null;
  /** Milliseconds since 1970; by default of this process. */
  readonly nowMs?: () => number;
  /** Stands before each place; default `handlers.yaml`. */
  readonly fileName?: string;
}

export interface LoadedHandlers {
  /** In the order of the file. */
  readonly handlers: readonly Handler[];
  /** The same as they are written, as plain JSON. */
  readonly definitions: readonly HandlerDefinition[];
  /** What loads but may not be meant, each with its place. */
  readonly warnings: readonly string[];
  /** The budget proof, one row for each event id that before handlers name. */
  readonly budget: readonly BudgetRow[];
}

export type HandlersReading =
  | ({ readonly kind: "usable" } & LoadedHandlers)
  /** Every problem at once, in the order of the text; and what else loads but may not be meant. */
  | { readonly kind: "refused"; readonly problems: readonly Problem[]; readonly warnings: readonly string[] };

const maxBytes = 1_048_576;
const maxHandlers = 1000;

/** Reads a file as `readHandlers` does, up to 1 MiB. One that cannot be read is refused too. */
export function readHandlersFile(path: string, options: HandlersOptions): HandlersReading {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > maxBytes) return refusedWhole(`${path} is larger than ${maxBytes} bytes`);
    text = readFileSync(path, "utf8");
  } catch (error) {
    return refusedWhole(`the handlers file ${path} cannot be read: ${messageOf(error)}`);
  }
  return readHandlers(text, { fileName: basename(path), ...options });
}

/** Validates the whole text. No problem repeats a URL or a secret. */
export function readHandlers(text: string, options: HandlersOptions): HandlersReading {
  const file = options.fileName ?? "handlers.yaml";
  if (Buffer.byteLength(text) > maxBytes) return refusedWhole(`${file} is larger than ${maxBytes} bytes`);
  const yaml = readYaml(text);
  const findings = new Findings();
  findings.problems.push(...yaml.problems.map((found) => ({ ...found, path: null, hint: null })));
  const inOrder = (list: readonly Finding[]): readonly Problem[] =>
    list
      .toSorted((left, right) => left.at - right.at)
      .map(({ at, path, text: message, hint }) => ({ path, place: { file, ...yaml.placeOf(at) }, message, hint }));

  const placed: Placed[] = [];
  let budget: readonly BudgetRow[] = [];
  if (yaml.tree !== undefined) {
    placed.push(...readAll(new Part(yaml.tree, "", findings), options.shapes));
    checkIds(placed);
    for (const one of placed) {
      checkMayChange(one, options.shapes);
      checkTask(one, options.refusalOf);
      checkSince(one, options.nowMs?.() ?? Date.now());
      checkGroupWide(one, placed);
    }
    if (options.deadlineMs !== null) budget = checkBudget(placed, options.deadlineMs);
  }
  const warnings = inOrder(findings.warnings).map(problemText);
  if (findings.problems.length > 0) return { kind: "refused", problems: inOrder(findings.problems), warnings };
  const handlers = placed.map(({ handler }) => handler);
  const definitions = placed.map(({ part }) => jsonOf(part.tree) as HandlerDefinition);
  return { kind: "usable", handlers, definitions, warnings, budget };
}

function refusedWhole(message: string): HandlersReading {
  return { kind: "refused", problems: [{ path: null, place: null, message, hint: null }], warnings: [] };
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
