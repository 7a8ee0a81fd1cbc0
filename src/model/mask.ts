/**
 * Masking of secrets wherever people look: logs, execution log, decisions, pages, errors. Handlers do get the values,
 * because a switch needs them.
 */
import type { Data, Value } from "./data.ts";
import { isList } from "./data.ts";
import type { Field, FieldType, RecordShape } from "./record-shape.ts";

/** What stands in the place of a secret value. */
const masked = "***";

/** The data with every secret field's value replaced by "***"; null stays null: that nothing is set is no secret. */
export function maskData(data: Data, shape: RecordShape): Data {
  return maskFields(data, shape.fields);
}

type Fields = RecordShape["fields"];

function maskFields(data: Data, fields: Fields): Data {
  const out: Record<string, Value> = { ...data };
  for (const field of fields) {
    const value = out[field.name];
    if (value === undefined || value === null) continue;
    out[field.name] = field.secret ? masked : maskValue(value, field.type);
  }
  return out;
}

function maskValue(value: Value, type: FieldType): Value {
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return type.kind === "list" ? value.map((item) => maskValue(item, type.items)) : value;
  if (type.kind === "record") return maskFields(value, type.fields);
  if (type.kind !== "map") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskValue(item, type.values)]));
}

/** The texts of all secret values in the data, for `maskText`. */
export function secretValues(data: Data, shape: RecordShape): readonly string[] {
  if (secretNames(shape).length === 0) return [];
  const found = new Set<string>();
  collectFields(data, shape.fields, found);
  found.delete("");
  return [...found];
}

const namesByShape = new WeakMap<RecordShape, readonly string[]>();

/** The names of all secret fields, at any depth. Cached: most events hold none, and then nothing is searched at all. */
export function secretNames(shape: RecordShape): readonly string[] {
  let names = namesByShape.get(shape);
  if (names === undefined) {
    names = [...new Set(shape.fields.flatMap(secretNamesOf))];
    namesByShape.set(shape, names);
  }
  return names;
}

function secretNamesOf(field: Field): readonly string[] {
  return field.secret ? [field.name] : secretNamesIn(field.type);
}

function secretNamesIn(type: FieldType): readonly string[] {
  if (type.kind === "list") return secretNamesIn(type.items);
  if (type.kind === "map") return secretNamesIn(type.values);
  return type.kind === "record" ? type.fields.flatMap(secretNamesOf) : [];
}

function collectFields(data: Data, fields: Fields, into: Set<string>): void {
  for (const field of fields) {
    const value = data[field.name];
    if (value !== undefined) collect(value, field.type, field.secret, into);
  }
}

function collect(value: Value, type: FieldType, secret: boolean, into: Set<string>): void {
  if (value === null || typeof value === "boolean") return;
  if (typeof value !== "object") {
    if (secret) into.add(String(value));
  } else if (isList(value)) {
    for (const item of value) collect(item, type.kind === "list" ? type.items : type, secret, into);
  } else if (type.kind === "record" && !secret) {
    collectFields(value, type.fields, into);
  } else {
    for (const item of Object.values(value)) collect(item, type.kind === "map" ? type.values : type, secret, into);
  }
}

/**
 * Free text, such as a handler's response, with every secret value replaced by "***": as it is, as JSON writes it
 * (also by writers that escape all but ASCII, such as Python's) and percent-encoded. What stands at the very end and
 * could be the start of a secret goes too when `cut` says that the text was cut off there.
 */
export function maskText(text: string, secrets: readonly string[], cut = false): string {
  if (secrets.length === 0 || text === "") return text;
  // No form is shorter than the secret itself.
  const possible = secrets.filter((secret) => secret !== "" && (cut || secret.length <= text.length));
  const forms = [...new Set(possible.flatMap(writtenForms))];
  if (forms.length === 0) return text;
  // Longest first: a secret that is part of another must not leave the rest of the longer one standing.
  forms.sort((left, right) => right.length - left.length);
  const pattern = new RegExp(forms.map(literal).join("|"), "g");
  if (!cut) return text.replaceAll(pattern, masked);
  const keep = beforeTail(text, forms, pattern);
  return text.slice(0, keep).replaceAll(pattern, masked) + (keep < text.length ? masked : "");
}

function literal(form: string): string {
  return form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

function writtenForms(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const ascii = json.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const upper = ascii.replaceAll(/\\u([0-9a-f]{4})/g, (_all, hex: string) => `\\u${hex.toUpperCase()}`);
  const forms = [secret, json, ascii, upper, encodeURIComponent(secret.toWellFormed())];
  return [...forms, ...forms.slice(1, 4).map((form) => form.replaceAll("/", "\\/"))];
}

/** Where the text's end begins that could be the start of a secret; a whole secret is not torn apart there. */
function beforeTail(text: string, forms: readonly string[], pattern: RegExp): number {
  let keep = text.length;
  for (const form of forms) {
    for (let length = Math.min(form.length - 1, text.length); length > 0; length--) {
      if (!text.endsWith(form.slice(0, length))) continue;
      keep = Math.min(keep, text.length - length);
      break;
    }
  }
  for (const { 0: found, index } of text.matchAll(pattern)) {
    if (index < keep && index + found.length > keep) return index;
  }
  return keep;
}
