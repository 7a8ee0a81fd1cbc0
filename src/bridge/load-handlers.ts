import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import { type LoadedHandlers, loadHandlersFile } from "../config/handlers-file.ts";
import type { Settings } from "../config/settings.ts";
import { ProblemsError } from "../errors.ts";
import { shapeOfEvent } from "../kafka/registry/schemas.ts";
import { systemClock } from "../model/clock.ts";
import { findEventType } from "../model/event-catalogue.ts";
import type { Handler } from "../model/handler.ts";
import { silentLogger } from "../model/logger.ts";
import { createTasks } from "../tasks/runner.ts";

/**
 * Reads a handlers file and checks it against everything that is known before it runs: schemas, budget, egress, scripts.
 * Throws ProblemsError HANDLERS_INVALID with every problem.
 */
export function loadHandlers(file: string, settings: Settings): LoadedHandlers {
  const loaded = loadHandlersFile(file, {
    deadlineMs: settings.before.deadlineMs,
    shapes: (eventId) => {
      const type = findEventType(eventId);
      return type === undefined ? undefined : shapeOfEvent(type);
    },
  });
  const { egressAllow, scriptsDir } = settings.handlers;
  const { egress } = createTasks({ egressAllow, scriptsDir, logger: silentLogger, clock: systemClock });
  const problems = loaded.handlers.flatMap(({ id, task, status }) => {
    if (status === "archived") return [];
    if (task.kind === "script") return scriptsDir === null ? [`${id}: runs a script, but SCRIPTS_DIR is not set`] : [];
    const refusal = egress.checkLiteral(task.url);
    return refusal === null ? [] : [`${id}: ${refusal}`];
  });
  const warnings = [...loaded.warnings, ...loaded.handlers.flatMap((handler) => scriptWarning(handler, scriptsDir))];
  if (problems.length > 0)
    throw new ProblemsError("HANDLERS_INVALID", `${file} cannot be used with these settings:`, problems);
  return { ...loaded, warnings };
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
