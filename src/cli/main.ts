#!/usr/bin/env node
import { Command } from "commander";
import { version } from "../bridge/version.ts";
import { ownCommand } from "../model/own-command.ts";
import { adminCommand } from "./admin/command.ts";
import { checkCommand } from "./check.ts";
import { deadLettersCommand } from "./dead-letters/command.ts";
import { demoCommand } from "./demo/demo.ts";
import { devStackCommand } from "./dev-stack.ts";
import { explainCommand } from "./explain.ts";
import { groupsCommand } from "./groups/command.ts";
import { handlersCommand } from "./handlers/command.ts";
import { publishCommand } from "./publish.ts";
import { requestCommand } from "./request.ts";
import { runProgram } from "./run-program.ts";
import { serveCommand } from "./serve.ts";
import { setupCommand } from "./setup.ts";
import { switchesCommand } from "./switches/command.ts";

const program = new Command(ownCommand)
  .description(
    "Calls pre-defined handlers on telecom billing events over Kafka, and lets none of them slow or corrupt billing.",
  )
  .version(version)
  .addCommand(serveCommand())
  .addCommand(adminCommand())
  .addCommand(demoCommand())
  .addCommand(devStackCommand())
  .addCommand(setupCommand())
  .addCommand(checkCommand())
  .addCommand(explainCommand())
  .addCommand(publishCommand())
  .addCommand(requestCommand())
  .addCommand(deadLettersCommand())
  .addCommand(groupsCommand())
  .addCommand(handlersCommand())
  .addCommand(switchesCommand())
  .addHelpText(
    "after",
    "\nExit codes: 0 worked or allow, 1 failed, 2 usage, 3 forbid, 75 broker or registry away, 78 configuration.",
  );

// A reader that has seen enough (`| head`) is no failure: what follows is written to nobody.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await runProgram(program, process.argv.slice(2));
