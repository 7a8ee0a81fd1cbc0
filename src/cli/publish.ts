import { Command } from "commander";
import { jsonOf } from "../model/json-data.ts";
import { ownCommand } from "../model/own-command.ts";
import { checkFact } from "../sdk/billing-event.ts";
import { cliSource, type EventFlags, eventFromFlags, withClient } from "./billing.ts";

/** `publish <event id>`: tells what happened, as a billing core would. */
export function publishCommand(): Command {
  return new Command("publish")
    .description("publish an event that happened (after); resolves when all in-sync replicas have it")
    .argument("<event id>", "such as clients.update")
    .requiredOption("--data <json>", "the event's data: JSON, @file, or - for standard input")
    .option("--client-id <id>", "whose it is, where the data does not say (accounts, packages)")
    .option("--object-id <id>", "the object's id, where the data does not hold it")
    .option("--json", "print one JSON object")
    .addHelpText("after", `\nExample:\n  ${ownCommand} publish clients.update --data '{"id":12,"name":"New name"}'`)
    .action(async (eventId: string, flags: EventFlags) => {
      const event = eventFromFlags(eventId, flags);
      // Again what the client does, but before it looks for brokers: a slip needs none to be found.
      checkFact(event, cliSource);
      const published = await withClient(eventId, false, (client) => client.publish(event));
      const text =
        flags.json === true
          ? jsonOf(published)
          : `published ${event.id} to ${published.topic}/${published.partition}/${published.offset} (ce_id ${published.ceId})`;
      process.stdout.write(`${text}\n`);
    });
}
