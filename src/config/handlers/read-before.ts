import { parseDecimal } from "../../model/decimal.ts";
import { failureKinds } from "../../model/failure.ts";
import type { FailurePolicy, FieldRule } from "../../model/handler.ts";
import type { Part } from "./part.ts";

/** What only before handlers have. */

const decisions = ["allow", "forbid"] as const;

/** `onFailure: allow`, or `{ default: allow, timeout: forbid, ... }`. */
export function readFailurePolicy(part: Part): FailurePolicy | undefined {
  if (part.tree.kind === "scalar") {
    const decision = part.oneOf(decisions);
    return decision === undefined ? undefined : { default: decision, byKind: {} };
  }
  const keys = part.keys(["default", ...failureKinds]);
  const fallback = keys.get("default");
  if (fallback === undefined) return part.problem("needs a default (allow | forbid) besides the kinds it names");
  const byKind = failureKinds.flatMap((kind) => {
    const decision = keys.get(kind)?.oneOf(decisions);
    return decision === undefined ? [] : [[kind, decision] as const];
  });
  const decision = fallback.oneOf(decisions);
  return decision === undefined ? undefined : { default: decision, byKind: Object.fromEntries(byKind) };
}

const mostRules = 200;

/** `mayChange: [name, { field: credit, rule: lower-only }, { field: credit, maxDelta: "10" }, { field: tz, oneOf: [...] }]`. */
export function readMayChange(part: Part): readonly FieldRule[] {
  const items = part.items() ?? [];
  if (items.length > mostRules) part.problem(`must name at most ${mostRules} fields`);
  const rules = items.slice(0, mostRules).flatMap((item) => {
    const rule = readFieldRule(item);
    return rule === undefined ? [] : [{ item, rule }];
  });
  const seen = new Set<string>();
  for (const { item, rule } of rules) {
    if (seen.has(rule.field)) item.problem(`${rule.field} is named twice`);
    seen.add(rule.field);
    if (rule.field === "*" && rule.rule !== "any") item.problem('"*" takes no rule: name the field');
  }
  return rules.map(({ rule }) => rule);
}

function readFieldRule(part: Part): FieldRule | undefined {
  if (part.tree.kind === "scalar") return anyRule(readFieldName(part));
  const keys = part.keys(["field", "rule", "maxDelta", "oneOf"]);
  const name = keys.get("field");
  if (name === undefined) return part.tree.kind === "map" ? part.problem("needs a field") : undefined;
  const field = readFieldName(name);
  const [rule, maxDelta, oneOf] = [keys.get("rule"), keys.get("maxDelta"), keys.get("oneOf")];
  if ([rule, maxDelta, oneOf].filter((given) => given !== undefined).length > 1) {
    return part.problem("takes one of rule, maxDelta and oneOf");
  }
  if (field === undefined) return undefined;
  if (maxDelta !== undefined) return readMaxDelta(field, maxDelta);
  if (oneOf !== undefined) return readOneOf(field, oneOf);
  if (rule === undefined) return anyRule(field);
  const kind = rule.oneOf(["any", "lower-only", "raise-only", "append"]);
  return kind === undefined ? undefined : { field, rule: kind };
}

function readFieldName(part: Part): string | undefined {
  return part.matching(/^(\*|[A-Za-z_]\w{0,127})$/, 'the name of a field, or "*"');
}

function anyRule(field: string | undefined): FieldRule | undefined {
  return field === undefined ? undefined : { field, rule: "any" };
}

/** Read from its text, so that 0.1 is a tenth. */
function readMaxDelta(field: string, part: Part): FieldRule | undefined {
  const source = part.tree.kind === "scalar" && part.tree.value !== null ? String(textOf(part.tree)) : "";
  const limit = parseDecimal(source);
  if (limit === undefined || limit.unscaled <= 0n) return part.problem('must be a positive number, such as "10.50"');
  return { field, rule: "max-delta", maxDelta: source };
}

function readOneOf(field: string, part: Part): FieldRule | undefined {
  const items = part.items();
  if (items === undefined) return undefined;
  if (items.length === 0 || items.length > 200) return part.problem("must list 1 to 200 values");
  const oneOf = items.flatMap((item) => {
    if (item.tree.kind === "scalar") return [textOf(item.tree)];
    item.problem("must be a single value");
    return [];
  });
  return { field, rule: "one-of", oneOf };
}

/** A scalar's value; of a number with a fraction its text, as a float would lose digits. */
function textOf(scalar: { value: string | number | boolean | null; source: string }): string | number | boolean | null {
  return typeof scalar.value === "number" && !Number.isSafeInteger(scalar.value) ? scalar.source : scalar.value;
}
