import type { Command } from "commander";
import { CommanderError } from "commander";
import { BridgeError, type ErrorCode, exitCodes, messageOf } from "../errors.ts";
import { ownCommand } from "../model/own-command.ts";

/** Runs a program to its exit code. Nothing a command throws reaches the user as a stack trace, unless DEBUG is set. */
export async function runProgram(program: Command, args: readonly string[]): Promise<number> {
  exitCode = exitCodes.ok;
  throwInsteadOfExit(program);
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    endWith(error instanceof BridgeError ? error.exitCode : exitCodes.failed);
    const code = error instanceof BridgeError ? ` [${error.code}]` : "";
    process.stderr.write(`error${code}: ${messageOf(error)}\n`);
    const advice = error instanceof BridgeError ? adviceOf[error.code] : undefined;
    if (advice !== undefined) process.stderr.write(`  ${advice}\n`);
    if (process.env["DEBUG"] !== undefined && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
  }
  return exitCode;
}

const forDevelopment = `\`${ownCommand} dev-stack start\` starts one for development`;

/** What to look at, where the message itself cannot say it. */
const adviceOf: Partial<Record<ErrorCode, string>> = {
  BROKER_UNAVAILABLE: `KAFKA_BROKERS names the brokers; ${forDevelopment}`,
  REGISTRY_UNAVAILABLE: `SCHEMA_REGISTRY_URL names the registry; ${forDevelopment}`,
};

let exitCode: number = exitCodes.ok;

/** What the program ends with, where that is not 0: `request` tells a forbid by it. */
export function endWith(code: number): void {
  exitCode = code;
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError(`\`${pathOf(command)} --help\` says what there is`);
  command.commands.forEach(throwInsteadOfExit);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
