import { isJsonObject, type Json, type JsonObject } from "../model/answer.ts";
import { type Data, isList, type Value, type ValueMap } from "../model/data.ts";
import { anyWithin, isNeverMutable } from "../model/may-change.ts";
import { type Field, type FieldType, fieldOf, type RecordShape } from "../model/record-shape.ts";
import { Misfit } from "./misfit.ts";
import { isSame } from "./same-as-sent.ts";
import { entryPath, readEntry, readField } from "./typed-json.ts";

/**
 * A merge patch (RFC 7396) applied to typed data, and what it changed. The one exception: null sets null where the schema
 * allows it and does not fit elsewhere, so that an answer cannot make a field absent. Records and maps are merged field by
 * field and entry by entry, lists are replaced whole. What equals the base is no difference, however it was written.
 */

/** One place where the patched data differs from the base. */
export interface Difference {
  /** The top-level field it lies in: that is what `mayChange` names. */
  readonly field: Field;
  readonly path: string;
  readonly type: FieldType;
  /** Undefined: the field or entry was absent. */
  readonly from: Value | undefined;
  readonly to: Value;
  readonly secret: boolean;
  /** It is, or replaces as a whole something that holds, a field no handler may ever change. */
  readonly neverMutable: boolean;
}

export interface Patched {
  readonly data: Data;
  readonly differences: readonly Difference[];
}

/**
 * Most items of a list, and most changed entries of a map, in one answer. Each takes some microseconds of the event loop that
 * every other request needs, too: a quarter of a megabyte of them would hold it for half a second.
 */
const mostItems = 5000;

/** A field the event does not have is a misfit: no `mayChange` could ever name it. */
export function applyPatch(shape: RecordShape, base: Data, patch: JsonObject): Patched | Misfit {
  const differences: Difference[] = [];
  const changed: [string, Value][] = [];
  for (const [name, json] of Object.entries(patch)) {
    const field = fieldOf(shape, name);
    if (field === undefined) return new Misfit(entryPath("data", name), "is not a field of the event");
    const from = Object.hasOwn(base, name) ? base[name] : undefined;
    const to = merge({ top: field, field, path: name, secret: false, never: false }, from, json, differences);
    if (to instanceof Misfit) return to;
    changed.push([name, to]);
  }
  // Equal values keep the base's own form, so that untouched fields stay the very same.
  const touched = changed.filter(([name]) => differences.some((difference) => difference.field.name === name));
  return { data: touched.length === 0 ? base : { ...base, ...Object.fromEntries(touched) }, differences };
}

interface Place {
  readonly top: Field;
  readonly field: Field;
  readonly path: string;
  /** Whether a field around this one is secret, or can never change. */
  readonly secret: boolean;
  readonly never: boolean;
}

function merge(place: Place, from: Value | undefined, json: Json, found: Difference[]): Value | Misfit {
  const { field, path } = place;
  const { type } = field;
  if (isMap(from) && isJsonObject(json)) {
    if (type.kind === "record") return mergeRecord(place, type.fields, from, json, found);
    if (type.kind === "map") return mergeMap(place, type, from, json, found);
  }
  // Nothing to merge into nothing: that an absent map would become an empty one is no wish to change it.
  if (from === undefined && type.kind === "map" && isJsonObject(json) && Object.keys(json).length === 0) return {};
  if (sizeOf(json) > mostItems && sizeOf(json) !== sizeOf(from)) {
    return new Misfit(path, `has more than ${mostItems} items`);
  }
  const to = readField(json, field, path);
  if (from !== undefined && isSame(from, to, json, field, path)) return from;
  if (to instanceof Misfit) return to;
  found.push({
    field: place.top,
    path,
    type,
    from,
    to,
    secret: place.secret || anyWithin(field, (inner) => inner.secret),
    neverMutable: place.never || anyWithin(field, isNeverMutable),
  });
  return to;
}

function mergeRecord(
  place: Place,
  fields: readonly Field[],
  from: ValueMap,
  json: JsonObject,
  found: Difference[],
): Value | Misfit {
  const changed: [string, Value][] = [];
  for (const [name, item] of Object.entries(json)) {
    const path = entryPath(place.path, name);
    const field = fields.find((candidate) => candidate.name === name);
    if (field === undefined) return new Misfit(path, "is not a field of the event");
    const to = merge({ ...inside(place), field, path }, from[name], item, found);
    if (to instanceof Misfit) return to;
    changed.push([name, to]);
  }
  return { ...from, ...Object.fromEntries(changed) };
}

function mergeMap(
  place: Place,
  type: Extract<FieldType, { kind: "map" }>,
  from: ValueMap,
  json: JsonObject,
  found: Difference[],
): Value | Misfit {
  const { secret, never, top } = inside(place);
  const changed: [string, Value][] = [];
  for (const [key, item] of Object.entries(json)) {
    const path = entryPath(place.path, key);
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    const to = readEntry(item, type, key, place.path);
    if (before !== undefined && isSame(before, to, item, { type: type.values }, path)) continue;
    if (to instanceof Misfit) return to;
    if (changed.length === mostItems) return new Misfit(place.path, `changes more than ${mostItems} entries`);
    changed.push([key, to]);
    found.push({ field: top, path, type: type.values, from: before, to, secret, neverMutable: never });
  }
  return { ...from, ...Object.fromEntries(changed) };
}

function inside(place: Place): Place {
  return {
    ...place,
    secret: place.secret || place.field.secret,
    never: place.never || isNeverMutable(place.field),
  };
}

/** Items of a list or entries of a map; 0 of anything else. */
function sizeOf(value: Json | Value | undefined): number {
  if (Array.isArray(value)) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}

function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === "object" && value !== null && !isList(value);
}
