import { Command } from "commander";
import { runDemo } from "./run-demo.ts";

/** `demo`: everything at once, on a real broker, in about half a minute. */
export function demoCommand(): Command {
  return new Command("demo")
    .description(
      "start a real broker and registry, run the bridge with sample handlers, act as the billing core, show what happened",
    )
    .option("--keep", "keep everything up afterwards and print the addresses; Ctrl-C ends it")
    .option("--verbose", "show the bridge's own log lines (on standard error)")
    .addHelpText(
      "after",
      "\nUses KAFKA_BROKERS and SCHEMA_REGISTRY_URL where both are set (topics demo.*), else what `dev-stack` would start.",
    )
    .action(runDemo);
}
