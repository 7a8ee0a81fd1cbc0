/**
 * What a handler receives, byte for byte: the body the product documents from version 3.21 on,
 * `{"event":{"dt","events_id","object_id"},"data":{...}}`.
 *
 * The writer is our own because JSON.stringify would either lose digits (bigint, decimals) or need a copy of the data.
 */
import type { Data, Value, ValueMap } from "./data.ts";
import { isList } from "./data.ts";
import type { BridgeEvent } from "./event.ts";
import type { NumberForm } from "./handler.ts";
import type { FieldType, RecordShape } from "./record-shape.ts";

/** The three facts of a body's `event`, in the form they are sent. */
export interface BodyEvent {
  /** See `bodyTime`. */
  readonly dt: string;
  /** The canonical event id, whatever alias the event came under. */
  readonly events_id: string;
  /** A number when it is a safe integer, text when it is anything else, null before a create. */
  readonly object_id: number | string | null;
}

export function bodyEvent(event: BridgeEvent): BodyEvent {
  return { dt: bodyTime(event.time), events_id: event.id, object_id: bodyObjectId(event.objectId) };
}

/**
 * The JSON text a handler's task is given. Absent fields stay absent and null stays null; integers beyond 2^53-1 are
 * strings; decimals are strings, or JSON numbers with exactly their digits when `numbers` is "json".
 */
export function renderBody(event: BridgeEvent, numbers: NumberForm): string {
  const { dt, events_id, object_id } = bodyEvent(event);
  const head = `{"event":{"dt":${text(dt)},"events_id":${text(events_id)},"object_id":${JSON.stringify(object_id)}},"data":`;
  return `${head}${renderData(event.data, event.shape, numbers)}}`;
}

/** A record's data alone, as it stands in the body. */
export function renderData(data: Data, shape: RecordShape, numbers: NumberForm): string {
  return members(data, typesOf(shape), numbers);
}

const utcTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?Z$/;
const isoTime = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,]\d+)?(?:([Zz])|([+-]\d\d):?(\d\d))$/;

/**
 * `dt` as the product writes it, "2026-01-01T00:00:00+00:00": without a fraction and with a numeric offset, because
 * handlers written for the product parse just that. The exact time travels in the header `ce-time`. Text that is not
 * ISO 8601 with an offset is passed on as it came.
 */
export function bodyTime(time: string): string {
  // As nearly all write it.
  if (utcTime.test(time)) return `${time.slice(0, 19)}+00:00`;
  const parts = isoTime.exec(time);
  if (parts === null) return time;
  const [, date = "", clock = "", zulu, hours = "", minutes = ""] = parts;
  return `${date}T${clock}${zulu === undefined ? `${hours}:${minutes}` : "+00:00"}`;
}

function bodyObjectId(objectId: string | null): number | string | null {
  if (objectId === null || !/^(?:0|-?[1-9]\d{0,15})$/.test(objectId)) return objectId;
  const number = Number(objectId);
  return Number.isSafeInteger(number) ? number : objectId;
}

/** Of the fields by name: what is written before a value, and its type. */
type Types = ReadonlyMap<string, { readonly label: string; readonly type: FieldType }>;
const typesByShape = new WeakMap<RecordShape | FieldType, Types>();

function typesOf(shape: RecordShape | (FieldType & { readonly kind: "record" })): Types {
  let types = typesByShape.get(shape);
  if (types === undefined) {
    types = new Map(shape.fields.map(({ name, type }) => [name, { label: labelOf(name), type }]));
    typesByShape.set(shape, types);
  }
  return types;
}

function members(data: ValueMap, types: Types, numbers: NumberForm): string {
  let out = "{";
  for (const key of Object.keys(data)) {
    const value = data[key];
    // A key whose value is undefined is absent.
    if (value === undefined) continue;
    const field = types.get(key);
    if (out.length > 1) out += ",";
    out += (field?.label ?? labelOf(key)) + write(value, field?.type, numbers);
  }
  return `${out}}`;
}

function write(value: Value, type: FieldType | undefined, numbers: NumberForm): string {
  switch (typeof value) {
    case "string":
      return type?.kind === "decimal" && numbers === "json" && isJsonNumber(value) ? value : text(value);
    case "number":
      return Number.isFinite(value) ? String(value) : "null";
    case "bigint":
      return isSafe(value) ? value.toString() : `"${value.toString()}"`;
    case "boolean":
      return value ? "true" : "false";
    default:
      return value === null ? "null" : nested(value, type, numbers);
  }
}

function nested(value: readonly Value[] | ValueMap, type: FieldType | undefined, numbers: NumberForm): string {
  if (isList(value)) {
    const items = type?.kind === "list" ? type.items : undefined;
    return `[${value.map((item) => write(item, items, numbers)).join(",")}]`;
  }
  if (type?.kind !== "map") return members(value, type?.kind === "record" ? typesOf(type) : noTypes, numbers);
  const entries = Object.keys(value).map((key) => `${text(key)}:${write(value[key] ?? null, type.values, numbers)}`);
  return `{${entries.join(",")}}`;
}

const noTypes: Types = new Map();

function labelOf(key: string): string {
  return `${text(key)}:`;
}

function text(value: string): string {
  return JSON.stringify(value);
}

function isJsonNumber(value: string): boolean {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(value);
}

function isSafe(value: bigint): boolean {
  return value >= -9007199254740991n && value <= 9007199254740991n;
}
