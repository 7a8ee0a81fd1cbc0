import { Command } from "commander";
import { type TestCallResult, testCall } from "../../bridge/test-call.ts";
import { type TestData, testExample, typeOfTest } from "../../bridge/test-example.ts";
import { BridgeError, exitCodes, ProblemsError } from "../../errors.ts";
import { openLogReader } from "../../kafka/consume/log-reader.ts";
import { createReader } from "../../kafka/records/reader.ts";
import { shapeOfEvent } from "../../kafka/registry/schemas.ts";
import { systemClock } from "../../model/clock.ts";
import type { Handler } from "../../model/handler.ts";
import type { HandlerDefinition } from "../../model/handler-log.ts";
import { dataFromJson } from "../../model/json-data.ts";
import { silentLogger } from "../../model/logger.ts";
import type { TopicPartition } from "../../model/record.ts";
import type { RecordShape } from "../../model/record-shape.ts";
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
      const wanted = wantedOf(flags);
      const result = await withHandlerLog(async (log) => {
        const handler = handlerOf(log, definitionOf(log, id, flags.file));
        const example = await exampleOf(log, handler, wanted);
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

/** What the handler is to be tried with, as far as it can be told before anything is read. */
type Wanted =
  | { readonly kind: "record"; readonly sequence: string; readonly at: TopicPartition; readonly offset: number }
  | { readonly kind: "example"; readonly eventId: string | undefined; readonly data: TestData };

/** Of an event that only the handler's definition names. */
const anyShape: RecordShape = { record: "", sparse: true, fields: [] };

/** Throws USAGE, UNKNOWN_EVENT, DATA_INVALID. */
function wantedOf({ data, event, record }: TestFlags): Wanted {
  if (record === undefined) {
    const given: TestData = data === undefined ? { kind: "sample" } : { kind: "data", text: readDataOption(data) };
    const type = event === undefined ? null : typeOfTest(event);
    if (given.kind === "data") dataFromJson(given.text, type === null ? anyShape : shapeOfEvent(type));
    return { kind: "example", eventId: event, data: given };
  }
  if (data !== undefined || event !== undefined)
    throw new BridgeError("USAGE", "--record says which event and which data: leave out --event and --data");
  const [, topic, partition, offset] = /^(.+)\/(\d{1,9})\/(\d{1,15})$/.exec(record) ?? [];
  if (topic === undefined)
    throw new BridgeError("USAGE", `--record: "${record}" is no topic/partition/offset, such as billing.clients/3/17`);
  return { kind: "record", sequence: record, at: { topic, partition: Number(partition) }, offset: Number(offset) };
}

async function exampleOf(log: OpenLog, handler: Handler, wanted: Wanted): Promise<ReturnType<typeof testExample>> {
  if (wanted.kind === "record") return recorded(log, handler, wanted);
  const [only, ...others] = handler.events;
  const eventId = wanted.eventId ?? (others.length === 0 ? only : undefined);
  if (eventId === undefined)
    throw new BridgeError("USAGE", `--event: ${handler.id} takes several: ${handler.events.join(", ")}`);
  return testExample(handler, eventId, wanted.data);
}

const readMs = 10_000;

/** Throws USAGE where nothing stands there, or what does cannot be read, or is none of the handler's events. */
async function recorded(
  { client, registry }: OpenLog,
  handler: Handler,
  { at, offset, sequence }: Wanted & { readonly kind: "record" },
): ReturnType<typeof exampleOf> {
  const reader = await openLogReader(client, readMs);
  try {
    const record = await reader.first(at, offset);
    if (record?.offset !== offset)
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
