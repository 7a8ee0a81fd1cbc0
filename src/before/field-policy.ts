import { isList, sameValue, type Value } from "../model/data.ts";
import { compareDecimals, type Decimal, parseDecimal, subtractDecimals } from "../model/decimal.ts";
import type { FieldRule } from "../model/handler.ts";
import { isNumeric, ruleFor } from "../model/may-change.ts";
import type { FieldType } from "../model/record-shape.ts";
import { decimalOfValue } from "./numbers.ts";
import type { Difference } from "./patch.ts";

/** Mask and rules of `mayChange`: undefined when the difference is permitted, else why not (without its values). */
export function whyNotPermitted(difference: Difference, mayChange: readonly FieldRule[]): string | undefined {
  const path = difference.path.slice(0, 200);
  if (difference.neverMutable) return `${path} can never be changed by a handler`;
  const rule = ruleFor(difference.field, mayChange);
  if (rule === undefined) return `${path} is not in mayChange`;
  const broken = brokenRule(rule, difference);
  return broken === undefined ? undefined : `${path} breaks its rule: ${broken}`;
}

function brokenRule(rule: FieldRule, difference: Difference): string | undefined {
  switch (rule.rule) {
    case "any":
      return undefined;
    case "lower-only":
      return brokenBound(difference, (from, to) => compareDecimals(to, from) < 0, "lower-only");
    case "raise-only":
      return brokenBound(difference, (from, to) => compareDecimals(to, from) > 0, "raise-only");
    case "max-delta":
      return brokenBound(difference, (from, to) => withinDelta(from, to, rule.maxDelta), "maxDelta");
    case "one-of":
      return isOneOf(rule.oneOf, difference.to, difference.type) ? undefined : "oneOf";
    case "append":
      return isAppended(difference) ? undefined : "append";
  }
}

/**
 * A rule that compares needs both numbers: it refuses a field absent from a sparse update, as its present value is
 * unknown here, and null, which may mean "no limit".
 */
function brokenBound(
  difference: Difference,
  holds: (from: Decimal, to: Decimal) => boolean,
  name: string,
): string | undefined {
  const from = isNumeric(difference.type) ? decimalOfValue(difference.from) : undefined;
  const to = decimalOfValue(difference.to);
  if (from === undefined || to === undefined) return `${name} needs a number before and after`;
  return holds(from, to) ? undefined : name;
}

function withinDelta(from: Decimal, to: Decimal, maxDelta: string): boolean {
  const limit = parseDecimal(maxDelta);
  if (limit === undefined) return false;
  const delta = subtractDecimals(to, from);
  return compareDecimals(delta.unscaled < 0n ? subtractDecimals(from, to) : delta, limit) <= 0;
}

type Allowed = readonly (string | number | boolean | null)[];

/** Numbers are compared as numbers, whether the rule wrote 10, 10.0 or "10". A whole map needs every entry to be one. */
function isOneOf(allowed: Allowed, to: Value, type: FieldType): boolean {
  if (type.kind === "map" && typeof to === "object" && to !== null && !isList(to)) {
    return Object.values(to).every((item) => isOneOf(allowed, item, type.values));
  }
  const number = isNumeric(type) ? decimalOfValue(to) : undefined;
  return allowed.some((candidate) => {
    if (number === undefined || candidate === null) return candidate === to;
    const parsed = parseDecimal(String(candidate));
    return parsed !== undefined && compareDecimals(parsed, number) === 0;
  });
}

/** What was there stays in front. Null was nothing; absent is unknown, and may not be overwritten. */
function isAppended({ from, to }: Difference): boolean {
  if (from === undefined) return false;
  if (from === null) return to !== null;
  if (typeof from === "string") return typeof to === "string" && to.startsWith(from);
  return isList(from) && to !== null && isList(to) && startsWith(to, from);
}

function startsWith(longer: readonly Value[], shorter: readonly Value[]): boolean {
  return longer.length >= shorter.length && shorter.every((item, at) => sameValue(item, longer[at] ?? null));
}
