import { isList, type Value, type ValueMap } from "../../model/data.ts";
import type { BridgeEvent } from "../../model/event.ts";
import type { Field, FieldType } from "../../model/record-shape.ts";
import { celDecimal } from "./cel-decimal.ts";

/**
 * Event data as CEL sees it: integers as ints (bigint), decimals as `decimal`, lists, maps. Maps are real Maps, so that
 * no key of theirs can mean anything to JavaScript. Fields the schema does not know keep their plain form.
 */
export function celData(event: BridgeEvent): ReadonlyMap<string, unknown> {
  return celRecord(event.data, event.shape.fields);
}

/** The variable `event`. `object_id` is an int where it is one, else text; null before a create. */
export function celEvent(event: BridgeEvent): ReadonlyMap<string, unknown> {
  const { objectId } = event;
  return new Map<string, unknown>([
    ["id", event.id],
    ["type", event.type],
    ["time", event.time],
    ["source", event.source ?? null],
    ["object_id", objectId !== null && /^-?\d{1,18}$/.test(objectId) ? BigInt(objectId) : objectId],
  ]);
}

function celRecord(data: ValueMap, fields: readonly Field[]): ReadonlyMap<string, unknown> {
  const types = new Map(fields.map((field) => [field.name, field.type]));
  return new Map(Object.entries(data).map(([name, value]) => [name, celValue(value, types.get(name))]));
}

function celValue(value: Value, type: FieldType | undefined): unknown {
  if (value === null || typeof value === "boolean" || typeof value === "bigint") return value;
  if (typeof value === "number") return BigInt(value);
  if (typeof value === "string") return type?.kind === "decimal" ? celDecimal(value) : value;
  if (isList(value)) return value.map((item) => celValue(item, type?.kind === "list" ? type.items : undefined));
  if (type?.kind === "record") return celRecord(value, type.fields);
  const values = type?.kind === "map" ? type.values : undefined;
  return new Map(Object.entries(value).map(([key, item]) => [key, celValue(item, values)]));
}
