import { Command } from "commander";
import { environmentOf } from "../dev-stack/addresses.ts";
import { startStack } from "../dev-stack/stack.ts";
import { type StackStatus, stackStatus, stopStack } from "../dev-stack/status.ts";
import { exitCodes } from "../errors.ts";
import { ownCommand } from "../model/own-command.ts";
import { endWith } from "./run-program.ts";

interface StackFlags {
  readonly name: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** `dev-stack start|stop|status`. Results go to stdout, progress to stderr; the actions throw BridgeError. */
export function devStackCommand(): Command {
  const command = new Command("dev-stack").description("a real Kafka broker and schema registry for development");
  command
    .command("start")
    .description("start a broker and a registry, or find the ones that run, and print their addresses")
    .option("--name <name>", "tells stacks apart that run side by side", "default")
    .option("--data <dir>", "keep the data in this folder and use it again (default: a temporary folder)")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Uses KAFKA_BROKERS and SCHEMA_REGISTRY_URL where both are set, else Docker compose where an engine answers,
else Java 17 and Maven. Everything listens on 127.0.0.1 only.

Prints lines for a shell:
  export $(${ownCommand} dev-stack start)`,
    )
    .action(start);
  command
    .command("stop")
    .description("stop a stack; its data goes with it unless --data named a folder")
    .option("--name <name>", "which stack", "default")
    .option("--json", "print one JSON object")
    .action(stop);
  command
    .command("status")
    .description("say whether a stack runs and where; exit code 0 when it does, else 1")
    .option("--name <name>", "which stack", "default")
    .option("--json", "print one JSON object")
    .action(status);
  return command;
}

async function start(flags: StackFlags): Promise<void> {
  const { name } = flags;
  const result = await startStack({
    name,
    dataDir: flags.data,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const said = {
    started: `the stack ${name} is up (${result.addresses.kind}); stop it with: ${ownCommand} dev-stack stop${flagFor(name)}`,
    "was-running": `the stack ${name} is running already (${result.addresses.kind})`,
    configured: "KAFKA_BROKERS and SCHEMA_REGISTRY_URL are set: nothing to start",
  }[result.kind];
  process.stderr.write(`${said}\n`);
  const { kind } = result.addresses;
  const environment = environmentOf(result.addresses);
  print(flags, { name, result: result.kind, kind, ...environment }, asLines(environment));
}

async function stop(flags: StackFlags): Promise<void> {
  const { kind } = await stopStack(flags.name);
  print(flags, { name: flags.name, result: kind }, [
    kind === "stopped" ? `the stack ${flags.name} is stopped` : `no stack ${flags.name} is running`,
  ]);
}

async function status(flags: StackFlags): Promise<void> {
  const found = await stackStatus(flags.name);
  if (found.kind !== "running") endWith(exitCodes.failed);
  print(flags, { name: flags.name, state: found.kind, ...details(found) }, statusLines(flags.name, found));
}

function details(found: StackStatus): Record<string, unknown> {
  switch (found.kind) {
    case "running":
      return { kind: found.addresses.kind, dataDir: found.dataDir, ...environmentOf(found.addresses) };
    case "broken":
      return { missing: found.missing };
    case "starting":
    case "stopped":
      return {};
  }
}

function statusLines(name: string, found: StackStatus): string[] {
  switch (found.kind) {
    case "running":
      return asLines(environmentOf(found.addresses));
    case "broken":
      return [`the stack ${name} is broken, gone: ${found.missing.join(", ")}; start replaces it, stop cleans up`];
    case "starting":
      return [`the stack ${name} is starting`];
    case "stopped":
      return [`no stack ${name} is running`];
  }
}

function asLines(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).map(([variable, value]) => `${variable}=${value}`);
}

function flagFor(name: string): string {
  return name === "default" ? "" : ` --name ${name}`;
}

function print(flags: StackFlags, result: Readonly<Record<string, unknown>>, lines: readonly string[]): void {
  process.stdout.write(flags.json === true ? `${JSON.stringify(result)}\n` : `${lines.join("\n")}\n`);
}
