import { Command } from "commander";
import { type TestCallResult, testCall } from "../../bridge/test-call.ts";
import { type TestData, testExample } from "../../bridge/test-example.ts";
import { BridgeError, exitCodes, ProblemsError } from "../../errors.ts";
import { openLogReader } from "../../kafka/consume/log-reader.ts";
import { createReader } from "../../kafka/records/reader.ts";
import { systemClock } from "../../model/clock.ts";
import type { Handler } from "../../model/handler.ts";
import type { HandlerDefinition } from "../../model/handler-log.ts";
import { silentLogger } from "../../model/logger.ts";
import { readDataOption } from "../data-option.ts";
import { endWith } from "../run-program.ts";
import { definitionsOf } from "./apply.ts";
import { type OpenLog, withHandlerLog } from "./open-log.ts";
import { standingOf } from "./plan.ts";
import { testText } from "./test-text.ts";

interface TestFlags {
  readonly event?: string;
  readonly data?: string;
  readonly record?: string;
  readonly file?: string;
  readonly json?: boolean;
}

export function testCommand(): Command {
  return new Command("test")
    .description(
      "call a handler once and show what it was sent, what it answered and what that would mean; nothing is applied",
    )
    .argument("<handler id>")
    .option("--event <event id>", "with this event's sample data [the handler's only event]")
    .option("--data <json>", "with this data: JSON, @file, or - for standard input")
    .option("--record <sequence>", "with a recorded event, such as billing.clients/3/17 (`bridge-sequence`)")
    .option("-f, --file <file>", "as this handlers file defines it [as it is defined now]")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
The call is made from this machine: EGRESS_ALLOW, SCRIPTS_DIR and the handler's secrets must be here, too. The handler really
gets it, with the header \`bridge-test: true\`; after the event it may do what it does (docs/handlers.md, "Test calls").
Exit codes: 0 allow or delivered, 3 forbid, 1 anything else.`,
    )
    .action(async (id: string, flags: TestFlags) => {
      const result = await withHandlerLog(async (log) => {
        const handler = handlerOf(log, definitionOf(log, id, flags.file));
        const example = await exampleOf(log, handler, flags);
        return testCall({ settings: log.settings, clock: systemClock, logger: silentLogger }, handler, example);
      });
      process.stdout.write(`${flags.json === true ? JSON.stringify(result) : testText(result)}\n`);
      endWith(exitCodeOf(result));
    });
}

function exitCodeOf({ outcome }: TestCallResult): number {
  if (outcome === "allow" || outcome === "delivered") return exitCodes.ok;
  return outcome === "forbid" ? exitCodes.forbidden : exitCodes.failed;
}

function definitionOf({ settings, store }: OpenLog, id: string, file: string | undefined): HandlerDefinition {
  if (file === undefined) return standingOf(store.all().handlers, id).definition;
  const found = definitionsOf(file, settings).find((definition) => definition.id === id);
  if (found === undefined) throw new BridgeError("USAGE", `${file} has no handler "${id}"`);
  return found;
}

/** Here the call is really made: what may be called and which scripts there are must be known. */
function handlerOf({ read }: OpenLog, definition: HandlerDefinition): Handler {
  const reading = read(definition);
  if (reading.kind === "usable") return reading.handler;
  throw new ProblemsError("HANDLERS_INVALID", `${definition.id} cannot be called:`, reading.problems);
}

async function exampleOf(
  log: OpenLog,
  handler: Handler,
  { event, data, record }: TestFlags,
): Promise<ReturnType<typeof testExample>> {
  if (record !== undefined) {
    if (data !== undefined || event !== undefined)
      throw new BridgeError("USAGE", "--record says which event and which data: leave out --event and --data");
    return recorded(log, handler, record);
  }
  const [only, ...others] = handler.events;
  const eventId = event ?? (others.length === 0 ? only : undefined);
  if (eventId === undefined)
    throw new BridgeError("USAGE", `--event: ${handler.id} takes several: ${handler.events.join(", ")}`);
  const given: TestData = data === undefined ? { kind: "sample" } : { kind: "data", text: readDataOption(data) };
  return testExample(handler, eventId, given);
}

const readMs = 10_000;

/** Throws USAGE where nothing stands there, or what does cannot be read, or is none of the handler's events. */
async function recorded(
  { client, registry }: OpenLog,
  handler: Handler,
  sequence: string,
): ReturnType<typeof exampleOf> {
  const [, topic, partition, offset] = /^(.+)\/(\d{1,9})\/(\d{1,15})$/.exec(sequence) ?? [];
  if (topic === undefined)
    throw new BridgeError(
      "USAGE",
      `--record: "${sequence}" is no topic/partition/offset, such as billing.clients/3/17`,
    );
  const reader = await openLogReader(client, readMs);
  try {
    const record = await reader.first({ topic, partition: Number(partition) }, Number(offset));
    if (record?.offset !== Number(offset))
      throw new BridgeError("USAGE", `--record: nothing stands at ${sequence}: retention took it, or nothing ever did`);
    const reading = await createReader({ registry }).read(record);
    if (reading.kind !== "event")
      throw new BridgeError("USAGE", `--record: ${sequence} cannot be read: ${reading.detail}`);
    const { event, recode } = reading;
    if (!handler.events.includes(event.id))
      throw new BridgeError("USAGE", `--record: ${sequence} is a ${event.id}, which ${handler.id} does not take`);
    return { event, recode, key: record.key?.toString("latin1") ?? null };
  } finally {
    await reader.close();
  }
}
