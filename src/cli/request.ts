import { Command, Option } from "commander";
import { exitCodes } from "../errors.ts";
import { jsonOf } from "../model/json-data.ts";
import { ownCommand } from "../model/own-command.ts";
import { topicNames } from "../model/topics.ts";
import { checkRequest } from "../sdk/check-request.ts";
import type { OnSilence, RequestVerdict } from "../sdk/request-verdict.ts";
import { cliSource, type EventFlags, eventFromFlags, withClient } from "./billing.ts";
import { milliseconds } from "./option-values.ts";
import { endWith } from "./run-program.ts";

interface RequestFlags extends EventFlags {
  readonly deadlineMs?: number;
  readonly onSilence: OnSilence;
  readonly operationId?: string;
}

/** `request <event id>`: asks before something happens, as a billing core would, and ends with the verdict as exit code. */
export function requestCommand(): Command {
  return new Command("request")
    .description("ask before an event happens; exit code 0: allow, 3: forbid")
    .argument("<event id>", "such as clients.update")
    .requiredOption("--data <json>", "the event's data: JSON, @file, or - for standard input")
    .addOption(
      new Option("--on-silence <what>", "what decides when no verdict comes")
        .choices(["allow", "forbid"])
        .makeOptionMandatory(),
    )
    .option("--deadline-ms <ms>", "longest wait for the verdict, 1 to 5000 [1500]", milliseconds)
    .option("--operation-id <id>", "names the operation [a random UUID]")
    .option("--client-id <id>", "whose it is, where the data does not say (accounts, packages)")
    .option("--object-id <id>", "the object's id, where the data does not hold it")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `\nExample:\n  ${ownCommand} request clients.update --data '{"id":12,"credit":"500"}' --on-silence forbid`,
    )
    .action(async (eventId: string, flags: RequestFlags) => {
      const event = eventFromFlags(eventId, flags);
      const options = {
        onSilence: flags.onSilence,
        ...(flags.deadlineMs === undefined ? {} : { deadlineMs: flags.deadlineMs }),
        ...(flags.operationId === undefined ? {} : { operationId: flags.operationId }),
      };
      // Again what the client does, but before it looks for brokers: a slip needs none to be found.
      checkRequest(event, options, { source: cliSource }, topicNames("any"));
      const verdict = await withClient(eventId, true, (client) => client.request(event, options));
      process.stdout.write(flags.json === true ? `${jsonOf(verdict)}\n` : readable(verdict));
      endWith(verdict.decision === "allow" ? exitCodes.ok : exitCodes.forbidden);
    });
}

function readable(verdict: RequestVerdict<unknown>): string {
  const by = verdict.handler === null ? verdict.decidedBy : `${verdict.decidedBy} ${verdict.handler}`;
  const lines = [`${verdict.decision} (${by}) in ${verdict.ms} ms, operation ${verdict.operationId}`];
  if (verdict.reason !== null) lines.push(`  reason: ${verdict.reason.code}: ${verdict.reason.message}`);
  for (const { path, from, to, handler } of verdict.changes)
    lines.push(`  changed: ${path}: ${from ?? "absent"} -> ${to} (${handler})`);
  for (const { id, outcome, ms } of verdict.handlers) lines.push(`  asked: ${id}: ${outcome} in ${ms} ms`);
  if (verdict.decidedBy === "silence") lines.push("  no verdict came in time: is a bridge running (serve)?");
  for (const warning of verdict.warnings) lines.push(`  warning: ${warning}`);
  return `${lines.join("\n")}\n`;
}
