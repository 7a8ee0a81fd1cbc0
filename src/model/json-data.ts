import { BridgeError } from "../errors.ts";
import { isJsonObject, type Json, JsonNumber, type JsonObject } from "./answer.ts";
import type { Data, Value } from "./data.ts";
import { readJsonText } from "./json.ts";
import type { FieldType, RecordShape } from "./record-shape.ts";

/**
 * JSON text as an event's data: numbers are read from their source text, so that neither a long nor a decimal passes
 * through a float. What does not fit is left for the codec to name. Throws DATA_INVALID when it is not a JSON object.
 */
export function dataFromJson(text: string, shape: RecordShape): Data {
  const reading = readJsonText(text);
  if (reading.kind === "refused") throw new BridgeError("DATA_INVALID", `--data is not JSON: ${reading.detail}`);
  if (!isJsonObject(reading.value)) throw new BridgeError("DATA_INVALID", "--data must be a JSON object");
  return dataOf(reading.value, shape);
}

/** The data of a body as a handler got it, `{"event":...,"data":...}`. Throws DATA_INVALID when it is none, or was cut off. */
export function dataFromBody(text: string, shape: RecordShape): Data {
  const reading = readJsonText(text);
  const data = reading.kind === "refused" || !isJsonObject(reading.value) ? undefined : reading.value["data"];
  if (data === undefined || !isJsonObject(data))
    throw new BridgeError(
      "DATA_INVALID",
      "what is recorded is no whole body of an event: it was cut off, or is not kept",
    );
  return dataOf(data, shape);
}

function dataOf(json: JsonObject, shape: RecordShape): Data {
  const types = new Map(shape.fields.map((field) => [field.name, field.type]));
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, valueOf(value, types.get(name))]));
}

function valueOf(json: Json, type: FieldType | undefined): Value {
  if (json instanceof JsonNumber) return numberOf(json.source, type);
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) {
    const items = type?.kind === "list" ? type.items : undefined;
    return (json as readonly Json[]).map((item) => valueOf(item, items));
  }
  return Object.fromEntries(
    Object.entries(json as JsonObject).map(([key, item]) => [key, valueOf(item, typeWithin(type, key))]),
  );
}

function typeWithin(type: FieldType | undefined, key: string): FieldType | undefined {
  if (type?.kind === "map") return type.values;
  return type?.kind === "record" ? type.fields.find((field) => field.name === key)?.type : undefined;
}

function numberOf(source: string, type: FieldType | undefined): Value {
  if (type?.kind === "decimal" || !/^-?\d+$/.test(source)) return source;
  const exact = BigInt(source);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

/** Data as JSON text for people and programs: integers beyond 2^53-1 as strings, as handlers get them. */
export function jsonOf(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? item.toString() : item), indent);
}
