import { Command } from "commander";
import { applyCommand, diffCommand } from "./apply.ts";
import { archiveCommand, deleteCommand, disableCommand, enableCommand, rollbackCommand } from "./change.ts";
import { exportCommand, historyCommand, listCommand, showCommand } from "./look.ts";
import { testCommand } from "./test.ts";

/** `handlers`: the log of handlers, to look at and to change while everything runs. */
export function handlersCommand(): Command {
  return new Command("handlers")
    .description("the handlers as every bridge runs them: look, change, switch off, go back; no restart")
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(applyCommand())
    .addCommand(diffCommand())
    .addCommand(exportCommand())
    .addCommand(enableCommand())
    .addCommand(disableCommand())
    .addCommand(archiveCommand())
    .addCommand(deleteCommand())
    .addCommand(historyCommand())
    .addCommand(rollbackCommand())
    .addCommand(testCommand())
    .addHelpText(
      "after",
      `
Reads KAFKA_BROKERS, SCHEMA_REGISTRY_URL, TOPIC_PREFIX, and, to check what is written as a bridge would, DEADLINE_MS,
EGRESS_ALLOW and SCRIPTS_DIR; the last two are checked by the instances where they are not set here. A change is written
whole or not at all, and refused when somebody else has changed the same handler since it was looked at. What changes
waits until every instance that is heard runs it. Exit codes: 1 somebody else was first, or an instance does not run what
was written as it is defined; 75 not every instance ran it in time; 78 it would not run, and nothing was written.
More: docs/operations.md`,
    );
}
