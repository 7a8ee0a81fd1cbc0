import type { Problem } from "../errors.ts";
import type { Handler } from "../model/handler.ts";
import type { HandlerDefinition } from "../model/handler-log.ts";
import { checkMayChange, checkSince, checkTask } from "./handlers/cross-check.ts";
import { treeOf } from "./handlers/json-tree.ts";
import { type Finding, Findings, Part } from "./handlers/part.ts";
import { readHandler } from "./handlers/read-handler.ts";
import type { HandlersOptions } from "./handlers-file.ts";

export type DefinitionReading =
  | { readonly kind: "usable"; readonly handler: Handler; readonly warnings: readonly string[] }
  | { readonly kind: "refused"; readonly problems: readonly Problem[] };

/**
 * One handler as plain JSON, validated as in the handlers file but for what concerns all of them: that ids differ, and the
 * budget. A problem's path begins with the handler's id: `credit-guard.timeoutMs`.
 */
export function readDefinition(definition: HandlerDefinition, options: HandlersOptions): DefinitionReading {
  const findings = new Findings();
  const part = new Part(treeOf(definition), definition.id, findings);
  const handler = readHandler(part, options.shapes);
  if (handler !== undefined) {
    checkMayChange({ handler, part }, options.shapes);
    checkTask({ handler, part }, options.refusalOf);
    checkSince({ handler, part }, options.nowMs?.() ?? Date.now());
  }
  if (handler === undefined || findings.problems.length > 0)
    return { kind: "refused", problems: findings.problems.map(problemOf) };
  const warnings = findings.warnings.map(({ path, text }) => `${path ?? definition.id}: ${text}`);
  return { kind: "usable", handler, warnings };
}

function problemOf({ path, text, hint }: Finding): Problem {
  return { path, place: null, message: text, hint };
}
