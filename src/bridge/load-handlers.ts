import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import { type DefinitionReading, readDefinition } from "../config/definition.ts";
import {
  type HandlersOptions,
  type HandlersReading,
  type LoadedHandlers,
  readHandlersFile,
  readHandlers as readHandlersText,
} from "../config/handlers-file.ts";
import type { Settings } from "../config/settings.ts";
import { ProblemsError } from "../errors.ts";
import { shapeOfEvent } from "../kafka/registry/schemas.ts";
import { systemClock } from "../model/clock.ts";
import { findEventType } from "../model/event-catalogue.ts";
import type { Handler } from "../model/handler.ts";
import type { HandlerDefinition } from "../model/handler-log.ts";
import { silentLogger } from "../model/logger.ts";
import { createTasks } from "../tasks/runner.ts";

/** What a handlers file is checked against. */
export type HandlersSettings = Pick<Settings, "before" | "handlers">;

/** Throws ProblemsError HANDLERS_INVALID with every problem that `readHandlers` finds. */
export function loadHandlers(file: string, settings: HandlersSettings): LoadedHandlers {
  const reading = readHandlers(file, settings);
  if (reading.kind === "refused") {
    throw new ProblemsError("HANDLERS_INVALID", `${file} cannot be used:`, reading.problems, reading.warnings);
  }
  return reading;
}

/**
 * Reads a handlers file and checks it against everything that is known before it runs: schemas, budget, egress, scripts.
 * What depends on a setting in `broken` (by path) is not checked: it would only repeat that problem in other words.
 */
export function readHandlers(
  file: string | { readonly text: string },
  settings: HandlersSettings,
  broken: ReadonlySet<string> = new Set(),
): HandlersReading {
  const options = handlersOptions(settings, broken);
  const reading =
    typeof file === "string"
      ? readHandlersFile(file, options)
      : readHandlersText(file.text, { ...options, fileName: "standard input" });
  if (reading.kind === "refused") return reading;
  const { scriptsDir } = settings.handlers;
  const missing = reading.handlers.flatMap((handler) => scriptWarning(handler, scriptsDir));
  return { ...reading, warnings: [...reading.warnings, ...missing] };
}

/** The same checks for one handler as plain JSON. One that was read before is not read again; `broken` as for `readHandlers`. */
export function definitionReader(
  settings: HandlersSettings,
  broken: ReadonlySet<string> = new Set(),
): (definition: HandlerDefinition) => DefinitionReading {
  const options = handlersOptions(settings, broken);
  const known = new WeakMap<HandlerDefinition, DefinitionReading>();
  return (definition) => {
    const reading = known.get(definition) ?? readDefinition(definition, options);
    known.set(definition, reading);
    return reading;
  };
}

function handlersOptions(
  { before, handlers: { egressAllow, scriptsDir } }: HandlersSettings,
  broken: ReadonlySet<string> = new Set(),
): HandlersOptions {
  const { egress } = createTasks({ egressAllow, scriptsDir, logger: silentLogger, clock: systemClock });
  return {
    deadlineMs: broken.has("before.deadlineMs") ? null : before.deadlineMs,
    shapes: (eventId) => {
      const type = findEventType(eventId);
      return type === undefined ? undefined : shapeOfEvent(type);
    },
    refusalOf: (task) => {
      if (task.kind === "http") return broken.has("handlers.egressAllow") ? null : egress.checkLiteral(task.url);
      const isUnset = scriptsDir === null && !broken.has("handlers.scriptsDir");
      return isUnset ? "runs a script, but SCRIPTS_DIR is not set" : null;
    },
  };
}

/** A warning only: the file may be meant for another machine. */
function scriptWarning({ id, status, task }: Handler, scriptsDir: string | null): readonly string[] {
  if (task.kind !== "script" || status === "archived" || scriptsDir === null) return [];
  try {
    accessSync(resolve(scriptsDir, task.path), constants.X_OK);
    return [];
  } catch {
    return [`${id}: ${task.path} is not there, or not executable, in SCRIPTS_DIR of this machine`];
  }
}
