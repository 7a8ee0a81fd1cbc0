import type {
  ChangeAction,
  HandlerChange,
  HandlerDefinition,
  HandlerLogEntry,
  SwitchChange,
} from "../../model/handler-log.ts";
import { depthOfJson } from "../../model/json-depth.ts";
import type { Registry } from "../registry/registry.ts";
import { handlerWriteSchema, subjectOf } from "../registry/schemas.ts";
import { readOwnRecord, type Unread } from "./own-record.ts";

export interface HandlerLogWriter {
  encode(entry: HandlerLogEntry): Buffer;
}

export type HandlerLogReading = { readonly kind: "entry"; readonly entry: HandlerLogEntry } | Unread;

/** Looks the schema up once. Throws BridgeError NOT_SET_UP or REGISTRY_UNAVAILABLE. */
export async function openHandlerLogWriter(
  registry: Pick<Registry, "recordBySchema">,
  topic: string,
): Promise<HandlerLogWriter> {
  const record = await registry.recordBySchema(subjectOf(topic, handlerWriteSchema.record), handlerWriteSchema.text);
  return {
    encode: (entry) =>
      record.encode({
        id: entry.id,
        action: entry.kind === "switch" ? "switch" : entry.action,
        by: entry.by,
        at: entry.at,
        note: entry.note,
        changes: entry.kind === "switch" ? [] : entry.changes.map(changeToWire),
        switch: entry.kind === "switch" ? { ...noSwitch, ...entry.change } : null,
      }),
  };
}

const noSwitch = { until: null, group: null, paused: null, level: null };

function changeToWire({ handlerId, base, definition }: HandlerChange): object {
  return { handler_id: handlerId, base, definition: definition === null ? null : JSON.stringify(definition) };
}

/** Reads an entry's value with the schema it names. Whether it counts is the fold's business. Never rejects. */
export async function readHandlerLogEntry(
  registry: Pick<Registry, "recordById">,
  value: Buffer,
): Promise<HandlerLogReading> {
  const reading = await readOwnRecord(registry, handlerWriteSchema.record, value);
  if (reading.kind !== "fields") return reading;
  try {
    return { kind: "entry", entry: fromWire(reading.fields as unknown as Written) };
  } catch (error) {
    // Never the error's own text: it may hold a part of the definition.
    return {
      kind: "unreadable",
      detail: error instanceof Unusable ? error.message : "it holds a text that is no JSON",
    };
  }
}

class Unusable extends Error {}

// Fields are taken by name, with the schema's defaults for those that an older version of it did not have.
interface Written {
  readonly id: string;
  readonly action?: string;
  readonly by: string;
  readonly at: string;
  readonly note?: string | null;
  readonly changes?: readonly WrittenChange[];
  readonly switch?: WrittenSwitch | null;
}
interface WrittenChange {
  readonly handler_id: string;
  readonly base?: number | bigint | null;
  readonly definition?: string | null;
}
interface WrittenSwitch {
  readonly what: string;
  readonly until?: string | null;
  readonly group?: string | null;
  readonly paused?: boolean | null;
  readonly level?: string | null;
}

function fromWire(written: Written): HandlerLogEntry {
  const { id, by, at, note = null } = written;
  if (written.switch !== null && written.switch !== undefined) {
    return { kind: "switch", id, by, at, note, change: switchOf(written.switch) };
  }
  // A newer version may know more actions; they are for people only, and all versions must agree on what counts.
  const action = (written.action ?? "update") as ChangeAction;
  return { kind: "handlers", id, action, by, at, note, changes: (written.changes ?? []).map(changeOf) };
}

/** Part of the log's format, as every version has to agree on what can be read. */
const maxDepth = 32;
const maxLength = 131_072;

function changeOf({ handler_id, base = null, definition = null }: WrittenChange): HandlerChange {
  if (definition !== null && (definition.length > maxLength || depthOfJson(definition) > maxDepth))
    throw new Unusable("a definition is too large or nested too deep");
  const parsed: unknown = definition === null ? null : JSON.parse(definition);
  if (parsed !== null && !isDefinition(parsed)) throw new Unusable("a definition is not a JSON object");
  if (parsed !== null && parsed.id !== handler_id) throw new Unusable("a definition has another id than its handler");
  return { handlerId: handler_id, base: base === null ? null : Number(base), definition: parsed };
}

/** Its keys are checked by config/, and its id here. */
function isDefinition(parsed: unknown): parsed is HandlerDefinition {
  return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
}

const levels = ["debug", "info", "warn", "error"] as const;

function switchOf({ what, until = null, group, paused, level = null }: WrittenSwitch): SwitchChange {
  switch (what) {
    case "bypass-before":
      return { what, until };
    case "pause-group":
      if (typeof group !== "string" || typeof paused !== "boolean") throw new Unusable("a pause names no group");
      return { what, group, paused };
    case "log-level": {
      const known = levels.find((one) => one === level) ?? null;
      if (known !== level) throw new Unusable("a log level that does not exist");
      return { what, level: known };
    }
    default:
      throw new Unusable("a switch that this version does not know");
  }
}
