import { Command } from "commander";
import { loadHandlersConfiguration } from "../bridge/configuration.ts";
import { explainEvent } from "../bridge/explain-event.ts";
import { BridgeError } from "../errors.ts";
import type { Data } from "../model/data.ts";
import { findEventType } from "../model/event-catalogue.ts";
import { jsonOf } from "../model/json-data.ts";
import { ownCommand } from "../model/own-command.ts";
import { eventFromFlags } from "./billing.ts";
import { explanationText } from "./explanation-text.ts";

interface ExplainFlags {
  readonly data: string;
  readonly objectId?: string;
  readonly handlers?: string;
  readonly json?: boolean;
}

/** `explain <event id>`: what would happen, without calling anything and without a broker. */
export function explainCommand(): Command {
  return new Command("explain")
    .description("say which handlers an event would meet, and the verdict if each were down; calls nothing")
    .argument("<event id>", "such as clients.update")
    .requiredOption("--data <json>", "the event's data: JSON, @file, or - for standard input")
    .option("--handlers <file>", "YAML file of the handlers [HANDLERS_FILE]")
    .option("--object-id <id>", "the object's id, where the data does not hold it")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Example:
  ${ownCommand} explain clients.update --data '{"id":12,"credit":"5000"}' --handlers handlers.yaml

Needs no broker. Exit code 0: explained, whatever the verdicts; 2: no such event, or data that does not fit its schema;
78: no handlers file, or one that cannot be used.`,
    )
    .action(async (eventId: string, flags: ExplainFlags) => {
      const { id, data } = eventFromFlags(eventId, flags);
      const { settings, loaded } = loadHandlersConfiguration(process.env, flags.handlers);
      const type = findEventType(id);
      if (type === undefined) throw new BridgeError("UNKNOWN_EVENT", `no event "${id}"`);
      const { handlers } = loaded;
      // What the data does not hold of its schema the codec finds.
      const explained = await explainEvent(type, data as unknown as Data, handlers, settings.before.deadlineMs);
      process.stdout.write(flags.json === true ? `${jsonOf(explained)}\n` : explanationText(explained, handlers));
    });
}
