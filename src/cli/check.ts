import { Command } from "commander";
import { loadHandlersConfiguration } from "../bridge/configuration.ts";
import { budgetText } from "../config/budget.ts";
import type { LoadedHandlers } from "../config/handlers-file.ts";
import { type Problem, ProblemsError } from "../errors.ts";
import { counted } from "./counted.ts";
import { describeTask } from "./describe-task.ts";
import { renderTable } from "./table.ts";

/** `check <handlers file>`: everything `serve` would say about it, without a broker. */
export function checkCommand(): Command {
  return new Command("check")
    .description("check a handlers file, and the settings it depends on: every problem at once, and the budget proof")
    .argument("<handlers file>", "YAML file")
    .option("--json", "print one JSON object, also when there are problems")
    .addHelpText(
      "after",
      "\nNeeds no broker; reads DEADLINE_MS, EGRESS_ALLOW and SCRIPTS_DIR. Exit code 78: the file cannot be used.",
    )
    .action((file: string, flags: { readonly json?: boolean }) => {
      const { handlers, warnings, budget } = loadOrPrint(file, flags.json === true);
      if (flags.json === true) {
        const rows = handlers.map(({ id, stage, events, priority, status, timeoutMs }) => ({
          id,
          stage,
          events,
          priority,
          status,
          timeoutMs,
        }));
        process.stdout.write(`${JSON.stringify({ problems: [], handlers: rows, warnings, budget })}\n`);
        return;
      }
      const rows = handlers.map((handler) => [
        handler.id,
        handler.stage,
        String(handler.priority),
        handler.status,
        `${handler.timeoutMs} ms`,
        describeTask(handler.task),
        handler.events.join(" "),
      ]);
      const lines = [renderTable(["handler", "stage", "priority", "status", "timeout", "task", "events"], rows)];
      if (budget.length > 0)
        lines.push("", "Budget, in the worst case:", ...budget.map((row) => `  ${budgetText(row)}`));
      for (const warning of warnings) lines.push("", `warning: ${warning}`);
      process.stdout.write(`${lines.join("\n")}\n\n${file}: ${counted(handlers.length, "handler")}, no problems\n`);
    });
}

/** With `json`, the problems go to stdout as `{"problems":[{path,line,column,message,hint}],"warnings":[]}`, before they are thrown. */
function loadOrPrint(file: string, json: boolean): LoadedHandlers {
  try {
    return loadHandlersConfiguration(process.env, file).loaded;
  } catch (error) {
    if (json && error instanceof ProblemsError) {
      const { problems, warnings } = error;
      process.stdout.write(`${JSON.stringify({ problems: problems.map(listed), warnings })}\n`);
    }
    throw error;
  }
}

function listed({ path, place, message, hint }: Problem): object {
  return { path, line: place?.line ?? null, column: place?.column ?? null, message, hint };
}
