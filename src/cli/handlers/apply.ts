import { readFileSync } from "node:fs";
import { Command } from "commander";
import { readHandlers } from "../../bridge/load-handlers.ts";
import { BridgeError, exitCodes, messageOf, ProblemsError } from "../../errors.ts";
import type { HandlerDefinition } from "../../model/handler-log.ts";
import { counted } from "../counted.ts";
import { endWith } from "../run-program.ts";
import { type OpenLog, unknownHere, withHandlerLog } from "./open-log.ts";
import { type ApplyPlan, planApply } from "./plan.ts";
import { planText } from "./text.ts";
import { tellSpread, type WriteFlags, withWriteFlags, writeChanges } from "./write.ts";

interface FileFlags {
  readonly file: string;
  readonly prune?: boolean;
}

export function applyCommand(): Command {
  return withWriteFlags(new Command("apply"))
    .description("make the handlers what a handlers file says: those in it are created or changed, all at once or none")
    .requiredOption("-f, --file <file>", "YAML file, or - for standard input")
    .option("--prune", "delete handlers that are not in the file")
    .option("--dry-run", "only say what would change, as `diff` does")
    .action(async (flags: FileFlags & WriteFlags & { readonly dryRun?: boolean }) => {
      const { plan, written } = await withHandlerLog(async (log) => {
        const found = planOf(log, flags);
        if (flags.dryRun === true || found.changes.length === 0) return { plan: found, written: null };
        return { plan: found, written: await writeChanges(log, "apply", found.changes, flags) };
      });
      if (flags.json === true) process.stdout.write(`${JSON.stringify({ ...listedPlan(plan), written })}\n`);
      else if (plan.changes.length > 0 || plan.left.length > 0) process.stdout.write(`${planText(plan)}\n`);
      if (plan.changes.length === 0) process.stderr.write("nothing to change\n");
      else if (written === null) process.stderr.write(`${counted(plan.changes.length, "handler")} would change\n`);
      else {
        process.stderr.write(`${counted(plan.changes.length, "handler")} changed, revision ${written.revision}\n`);
        tellSpread(written);
      }
    });
}

export function diffCommand(): Command {
  return new Command("diff")
    .description("what `apply` would change, key by key; changes nothing")
    .requiredOption("-f, --file <file>", "YAML file, or - for standard input")
    .option("--prune", "as `apply --prune`")
    .option("--exit-code", "end with 1 where something would change")
    .option("--json", "print one JSON object")
    .action(async (flags: FileFlags & { readonly exitCode?: boolean; readonly json?: boolean }) => {
      const plan = await withHandlerLog((log) => Promise.resolve(planOf(log, flags)));
      if (flags.json === true) process.stdout.write(`${JSON.stringify(listedPlan(plan))}\n`);
      else if (plan.changes.length > 0 || plan.left.length > 0) process.stdout.write(`${planText(plan)}\n`);
      process.stderr.write(
        plan.changes.length === 0 ? "nothing to change\n" : `${counted(plan.changes.length, "handler")} would change\n`,
      );
      if (flags.exitCode === true && plan.changes.length > 0) endWith(exitCodes.failed);
    });
}

/** Throws ProblemsError HANDLERS_INVALID with every problem of the file and its place, USAGE when it cannot be read. */
function planOf({ settings, store }: OpenLog, { file, prune = false }: FileFlags): ApplyPlan {
  return planApply(store.all().handlers, definitionsOf(file, settings), prune);
}

export function definitionsOf(file: string, settings: OpenLog["settings"]): readonly HandlerDefinition[] {
  const reading = readHandlers(file === "-" ? { text: standardInput() } : file, settings, unknownHere(settings));
  if (reading.kind === "refused")
    throw new ProblemsError("HANDLERS_INVALID", `${file} cannot be used:`, reading.problems, reading.warnings);
  for (const warning of reading.warnings) process.stderr.write(`warning: ${warning}\n`);
  return reading.definitions;
}

function standardInput(): string {
  try {
    return readFileSync(0, "utf8");
  } catch (error) {
    throw new BridgeError("USAGE", `-f -: standard input cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function listedPlan({ changes, unchanged, left }: ApplyPlan): object {
  return { changes: changes.map(({ kind, id, differences }) => ({ kind, id, differences })), unchanged, left };
}
