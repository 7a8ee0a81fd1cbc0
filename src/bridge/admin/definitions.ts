import type { CheckResult, FieldPolicyRow, BudgetRow as ShownBudget } from "../../admin/contract/handlers.ts";
import type { Definitions, Described } from "../../admin/ports.ts";
import { proveBudget } from "../../config/budget.ts";
import type { DefinitionReading } from "../../config/definition.ts";
import { definitionYaml } from "../../config/handlers-yaml.ts";
import type { Problem } from "../../errors.ts";
import { shapeOfEvent } from "../../kafka/registry/schemas.ts";
import { canonicalEventId, findEventType } from "../../model/event-catalogue.ts";
import type { BeforeHandler, Handler } from "../../model/handler.ts";
import type { HandlerDefinition } from "../../model/handler-log.ts";
import { isNeverMutable, mustBeNamed, ruleMisfit } from "../../model/may-change.ts";
import type { Field } from "../../model/record-shape.ts";

type Read = (definition: HandlerDefinition) => DefinitionReading;

/** Definitions as this instance would read them. */
export function createDefinitions(read: Read, deadlineMs: number): Definitions {
  return {
    yaml: definitionYaml,
    describe: (definition) => {
      const reading = read(definition);
      return reading.kind === "usable" ? ofHandler(reading.handler) : ofText(definition);
    },
    check: (given, others) => {
      if (!isDefinition(given))
        return { ...nothing, problems: [whole("must be a map of a handler's settings with its id")] };
      const reading = read(given);
      const yaml = definitionYaml(given);
      const usable = others.flatMap((other) => {
        const known = read(other);
        return known.kind === "usable" ? [known.handler] : [];
      });
      if (reading.kind === "refused") {
        // The budget and the policy of the events it names are worth seeing while it is still being written.
        const problems = reading.problems.map((problem) => ({
          ...problem,
          path: withinDefinition(problem.path, given.id),
        }));
        return { ...nothing, problems, fields: fieldsOf(ofText(given).events), yaml };
      }
      const { handler } = reading;
      const budget = budgetOf(handler, usable, deadlineMs);
      return {
        problems: budget.filter(({ fits }) => !fits).map(overBudget),
        warnings: reading.warnings.map((warning) => withinDefinition(warning, given.id) ?? warning),
        budget,
        fields: handler.stage === "before" ? fieldsOf(handler.events) : [],
        yaml,
      };
    },
  };
}

const nothing: CheckResult = { problems: [], warnings: [], budget: [], fields: [], yaml: null };

/** A path of `readDefinition` begins with the handler's id; who asks about one definition knows which. Null: it is all of it. */
function withinDefinition(path: string | null, id: string): string | null {
  if (path === null || path === id) return null;
  return path.startsWith(`${id}.`) ? path.slice(id.length + 1) : path;
}

function whole(message: string): Problem {
  return { path: null, place: null, message, hint: null };
}

function overBudget({ event, sumMs, shareMs }: ShownBudget): Problem {
  return {
    path: "timeoutMs",
    place: null,
    message: `the handlers of ${event} would take ${sumMs} ms at worst, and have ${shareMs} ms`,
    hint: "lower timeouts, or mark one bestEffort",
  };
}

/** The rows of the events this handler is asked about. */
function budgetOf(handler: Handler, others: readonly Handler[], deadlineMs: number): ShownBudget[] {
  if (handler.stage !== "before") return [];
  const counted = { ...handler, status: "enabled" as const };
  return proveBudget([...others, counted], deadlineMs)
    .filter(({ eventId }) => handler.events.includes(eventId))
    .map(({ eventId, fits, sumMs, shareMs, mutators, validators, fixedMs }) => ({
      ...{ event: eventId, fits, sumMs, shareMs, fixedMs },
      mutators: mutators.map((part) => ({ ...part })),
      validators: validators.map((part) => ({ ...part })),
    }));
}

/** Every field of the events, once; of a field that differs between them the stricter. */
function fieldsOf(events: readonly string[]): FieldPolicyRow[] {
  const rows = new Map<string, FieldPolicyRow>();
  for (const id of events) {
    const type = findEventType(id);
    if (type === undefined || !type.before) continue;
    for (const field of shapeOfEvent(type).fields) {
      const row = policyOf(field);
      const known = rows.get(field.name);
      if (known === undefined || strictness[row.may] > strictness[known.may]) rows.set(field.name, row);
    }
  }
  return [...rows.values()];
}

const strictness = { free: 0, named: 1, never: 2 } as const;

function policyOf(field: Field): FieldPolicyRow {
  const may = isNeverMutable(field) ? "never" : mustBeNamed(field) ? "named" : "free";
  const rules =
    may === "never"
      ? []
      : ruleKinds.filter((rule) => ruleMisfit({ field: field.name, ...rule }, field.type) === undefined);
  return { field: field.name, type: field.type.kind, may, rules: rules.map(({ rule }) => rule) };
}

const ruleKinds = [
  { rule: "any" },
  { rule: "lower-only" },
  { rule: "raise-only" },
  { rule: "max-delta", maxDelta: "1" },
  { rule: "one-of", oneOf: [] },
  { rule: "append" },
] as const;

function ofHandler(handler: Handler): Described {
  const { name, priority, events, stage, task, status } = handler;
  const before: BeforeHandler | null = handler.stage === "before" ? handler : null;
  return {
    ...{ name, priority, events, stage, status },
    task: { kind: task.kind, target: task.kind === "http" ? task.url : task.path },
    mode: before?.mode ?? null,
    group: handler.stage === "after" ? handler.group : null,
  };
}

/** Of a definition that no handler can be made of, as far as it can be told. */
function ofText(definition: HandlerDefinition): Described {
  const { id, name, priority, events, stage, task, status, mode, group } = definition;
  const { http, script } = mapOf(task);
  const target = mapOf(http)["url"] ?? mapOf(script)["path"];
  const isBefore = stage === "before";
  return {
    name: textOr(name, id),
    priority: typeof priority === "number" && Number.isSafeInteger(priority) ? priority : 0,
    events: Array.isArray(events) ? events.filter((event) => typeof event === "string").map(canonicalEventId) : [],
    stage: isBefore ? "before" : "after",
    task: { kind: script === undefined ? "http" : "script", target: textOr(target, "") },
    status: status === "disabled" || status === "archived" ? status : "enabled",
    mode: isBefore ? (mode === "warn" || mode === "shadow" ? mode : "enforce") : null,
    group: isBefore ? null : textOr(group, id),
  };
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

function isDefinition(given: unknown): given is HandlerDefinition {
  return typeof mapOf(given)["id"] === "string";
}
