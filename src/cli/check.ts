import { Command } from "commander";
import { loadHandlers } from "../bridge/load-handlers.ts";
import { budgetText } from "../config/budget.ts";
import { loadSettings } from "../config/settings.ts";
import { describeTask } from "./describe-task.ts";
import { renderTable } from "./table.ts";

/** `check <handlers file>`: everything `serve` would say about it, without a broker. */
export function checkCommand(): Command {
  return new Command("check")
    .description(
      "check a handlers file: every problem at once, and the budget proof; exit code 78 when it cannot be used",
    )
    .argument("<handlers file>", "YAML file")
    .option("--json", "print one JSON object")
    .action((file: string, flags: { readonly json?: boolean }) => {
      const { handlers, warnings, budget } = loadHandlers(file, loadSettings(process.env));
      if (flags.json === true) {
        const listed = handlers.map(({ id, stage, events, priority, status, timeoutMs }) => ({
          id,
          stage,
          events,
          priority,
          status,
          timeoutMs,
        }));
        process.stdout.write(`${JSON.stringify({ handlers: listed, warnings, budget })}\n`);
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
      process.stdout.write(`${lines.join("\n")}\n\n${file}: ${handlers.length} handlers, no problems\n`);
    });
}
