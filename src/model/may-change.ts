import type { FieldRule } from "./handler.ts";
import type { Field, FieldRole, FieldType } from "./record-shape.ts";

/**
 * Which fields a handler may be allowed to change at all. Ids, tenant keys, balances and times of record never; secrets
 * and decimals only when `mayChange` names them; anything else also by `*`.
 */

const neverRoles: ReadonlySet<FieldRole> = new Set<FieldRole>(["id", "tenant", "balance", "record-time"]);

/** Whether no `mayChange` can ever cover this field itself (fields inside it are judged one by one). */
export function isNeverMutable(field: Field): boolean {
  return neverRoles.has(field.role);
}

/** Whether `predicate` holds for a field or for any field inside it. */
export function anyWithin(field: Field, predicate: (field: Field) => boolean): boolean {
  return predicate(field) || innerFields(field.type).some((inner) => anyWithin(inner, predicate));
}

/** The fields of a record, or of the records a list or map holds. */
export function innerFields(type: FieldType): readonly Field[] {
  switch (type.kind) {
    case "record":
      return type.fields;
    case "list":
      return innerFields(type.items);
    case "map":
      return innerFields(type.values);
    default:
      return [];
  }
}

/** Whether `*` leaves this field out: it is, or holds, a secret or a decimal. */
export function mustBeNamed(field: Field): boolean {
  return anyWithin(field, (inner) => inner.secret || holdsDecimal(inner.type));
}

function holdsDecimal(type: FieldType): boolean {
  if (type.kind === "list") return holdsDecimal(type.items);
  if (type.kind === "map") return holdsDecimal(type.values);
  return type.kind === "decimal";
}

/** The rule under which a top-level field may change; undefined when it may not. A named field wins over `*`. */
export function ruleFor(field: Field, rules: readonly FieldRule[]): FieldRule | undefined {
  if (isNeverMutable(field)) return undefined;
  const named = rules.find((rule) => rule.field === field.name);
  if (named !== undefined || mustBeNamed(field)) return named;
  return rules.find((rule) => rule.field === "*");
}

/** Why a rule can never be kept by values of this type; undefined when it can. For the loader, and a second line. */
export function ruleMisfit(rule: FieldRule, type: FieldType): string | undefined {
  switch (rule.rule) {
    case "lower-only":
    case "raise-only":
    case "max-delta":
      return isNumeric(type) ? undefined : `${rule.rule} needs a number`;
    case "append":
      return type.kind === "list" || type.kind === "string" ? undefined : "append needs a list or a text";
    case "one-of":
      return type.kind === "list" || type.kind === "record" ? "one-of needs a single value" : undefined;
    case "any":
      return undefined;
  }
}

export function isNumeric(type: FieldType): boolean {
  return type.kind === "int" || type.kind === "long" || type.kind === "decimal";
}
