import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import { type HandlersReading, type LoadedHandlers, readHandlersFile } from "../config/handlers-file.ts";
import type { Settings } from "../config/settings.ts";
import { ProblemsError } from "../errors.ts";
import { shapeOfEvent } from "../kafka/registry/schemas.ts";
import { systemClock } from "../model/clock.ts";
import { findEventType } from "../model/event-catalogue.ts";
import type { Handler } from "../model/handler.ts";
import { silentLogger } from "../model/logger.ts";
import { createTasks } from "../tasks/runner.ts";

/** What a handlers file is checked against. */
export type HandlersSettings = Pick<Settings, "before" | "handlers">;

/** Throws ProblemsError HANDLERS_INVALID with every problem that `readHandlers` finds. */
export function loadHandlers(file: string, settings: HandlersSettings): LoadedHandlers {
  const reading = readHandlers(file, settings);
  if (reading.kind === "refused") {
    throw new ProblemsError("HANDLERS_INVALID", `${file} cannot be used:`, reading.problems);
  }
  return reading;
}

/**
 * Reads a handlers file and checks it against everything that is known before it runs: schemas, budget, egress, scripts.
 * What depends on a setting in `broken` (by path) is not checked: it would only repeat that problem in other words.
 */
export function readHandlers(
  file: string,
  { before, handlers: { egressAllow, scriptsDir } }: HandlersSettings,
  broken: ReadonlySet<string> = new Set(),
): HandlersReading {
  const { egress } = createTasks({ egressAllow, scriptsDir, logger: silentLogger, clock: systemClock });
  const reading = readHandlersFile(file, {
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
  });
  if (reading.kind === "refused") return reading;
  const missing = reading.handlers.flatMap((handler) => scriptWarning(handler, scriptsDir));
  return { ...reading, warnings: [...reading.warnings, ...missing] };
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
