import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { LoadedHandlers } from "../config/handlers-file.ts";
import { missingConnection, readSettings, type Settings } from "../config/settings.ts";
import { type Problem, ProblemsError } from "../errors.ts";
import { type HandlersSettings, readHandlers } from "./load-handlers.ts";

/** Settings and handlers in one round: whoever mends what is said has mended all of it. */

export interface HandlersOfFile {
  readonly handlersFile: string;
  readonly loaded: LoadedHandlers;
}

/**
 * The handlers of `file`, else of HANDLERS_FILE, and the settings that they are checked against; no others are looked at.
 * Throws as `loadConfiguration`.
 */
export function loadHandlersConfiguration(
  env: NodeJS.ProcessEnv,
  file: string | undefined,
): HandlersOfFile & { readonly settings: HandlersSettings } {
  const { settings, broken, problems } = readSettings(env, ["before", "handlers"]);
  return { settings, ...handlersOf(file, settings, broken, problems) };
}

/**
 * All that a running bridge needs, brokers and registry included; no file only where handlers come from the log. Throws
 * ProblemsError with every problem of the settings and of the handlers file: SETTINGS_INVALID when one is of the settings,
 * else HANDLERS_INVALID.
 */
export function loadConfiguration(env: NodeJS.ProcessEnv): {
  readonly settings: Settings;
  readonly file: HandlersOfFile | null;
} {
  const reading = readSettings(env);
  const { settings, broken } = reading;
  const problems = [...reading.problems, ...missingConnection(reading)];
  const needsNone = settings.handlers.file === null && settings.handlers.mode === "topic";
  if (needsNone && problems.length === 0) return { settings, file: null };
  return { settings, file: handlersOf(undefined, settings, broken, problems, needsNone) };
}

function handlersOf(
  given: string | undefined,
  settings: HandlersSettings,
  broken: ReadonlySet<string>,
  found: readonly Problem[],
  needsNone = false,
): HandlersOfFile {
  const file = given ?? settings.handlers.file;
  const ofSettings = file === null && !needsNone && !broken.has("handlers.file") ? [...found, noFile] : found;
  const reading = file === null ? null : readHandlers(file, settings, broken);
  if (file !== null && reading?.kind === "usable" && ofSettings.length === 0) {
    return { handlersFile: file, loaded: reading };
  }
  const ofHandlers = reading?.kind === "refused" ? reading.problems : [];
  const warnings = reading?.warnings ?? [];
  const wrong = [...(ofSettings.length > 0 ? ["the settings"] : []), ...(ofHandlers.length > 0 ? [file] : [])];
  throw new ProblemsError(
    ofSettings.length > 0 ? "SETTINGS_INVALID" : "HANDLERS_INVALID",
    `${wrong.join(" and ")} cannot be used:`,
    [...ofSettings, ...ofHandlers],
    warnings,
  );
}

/** Shipped beside this program, source or built: wherever it was started from, what is said works as it stands. */
const example = relative(process.cwd(), fileURLToPath(new URL("../../config", import.meta.url))) || ".";

const noFile: Problem = {
  path: "handlers.file",
  place: null,
  message: "HANDLERS_FILE is not set",
  hint: `name the YAML file of the handlers; an example, with what it needs: HANDLERS_FILE=${example}/handlers.example.yaml SCRIPTS_DIR=${example}/scripts EGRESS_ALLOW=10.0.0.5`,
};
