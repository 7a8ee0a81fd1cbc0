import type { BeforeExplanation, EventExplanation, Foretold, HandlerPart, IfDown } from "../bridge/explain-event.ts";
import { budgetText } from "../config/budget.ts";
import type { FieldRule, Handler } from "../model/handler.ts";
import { describeTask } from "./describe-task.ts";
import { renderTable } from "./table.ts";

/** An explanation as people read it. Lines end in "\n". */
export function explanationText(explained: EventExplanation, handlers: readonly Handler[]): string {
  const object = explained.objectId === null ? "" : `, object ${explained.objectId}`;
  const tasks = new Map(handlers.map(({ id, task }) => [id, describeTask(task)]));
  return [
    `${explained.event}${object}. Nothing was called.`,
    ...beforeLines(explained, tasks),
    ...afterLines(explained, tasks),
    "",
  ].join("\n");
}

type Tasks = ReadonlyMap<string, string>;

function beforeLines({ before, budget, shareMs, deadlineMs }: EventExplanation, tasks: Tasks): readonly string[] {
  if (before === null) return ["", "Before: never asked about, as it is only told of once it has happened."];
  const asked = [...before.mutators, ...before.validators];
  const lines = ["", `Before, asked in this order (${before.mutators.length} one by one, then the others at once):`];
  if (asked.length === 0) lines.push("  nobody");
  else lines.push("", renderTable(askedHeadings, askedRows(before, tasks)));
  for (const { id, conditionError } of asked) {
    if (conditionError !== null) lines.push(`  ${id}: not called, its policy decides: ${conditionError}`);
  }
  lines.push(...notAskedLines(before));
  if (budget === null) lines.push("", `Worst case: nobody to wait for. The bridge has ${shareMs} of ${deadlineMs} ms.`);
  else lines.push("", "Worst case, whatever the data:", `  ${budgetText(budget)}${budget.fits ? "" : ": TOO MUCH"}`);
  if (budget !== null && budget.bestEffort.length > 0) {
    lines.push(`  best effort, skipped when too little is left: ${budget.bestEffort.join(", ")}`);
  }
  lines.push("", renderTable(["if", "the verdict is", "decided by", "lost to timeouts"], verdictRows(before)));
  return lines;
}

const askedHeadings = ["", "handler", "role", "when", "timeout", "if it fails", "may change", "task"];

function askedRows({ mutators, validators }: BeforeExplanation, tasks: Tasks): readonly (readonly string[])[] {
  const row = (part: HandlerPart, order: string): readonly string[] => [
    order,
    part.id,
    [part.role, ...(part.mode === "enforce" ? [] : [part.mode]), ...(part.bestEffort ? ["best effort"] : [])].join(
      "\n",
    ),
    part.when ?? "always",
    `${part.timeoutMs} ms`,
    policyText(part),
    part.mayChange.length === 0 ? "nothing" : part.mayChange.map(ruleText).join("\n"),
    tasks.get(part.id) ?? "",
  ];
  const last = String(mutators.length + 1);
  return [...mutators.map((part, at) => row(part, String(at + 1))), ...validators.map((part) => row(part, last))];
}

function policyText({ onFailure }: HandlerPart): string {
  const byKind = Object.entries(onFailure.byKind).map(([kind, policy]) => `${kind}: ${policy}`);
  return [onFailure.default, ...byKind].join("\n");
}

function ruleText(rule: FieldRule): string {
  switch (rule.rule) {
    case "any":
      return rule.field;
    case "max-delta":
      return `${rule.field} by ${rule.maxDelta} at most`;
    case "one-of":
      return `${rule.field} to ${rule.oneOf.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "lower-only":
    case "raise-only":
    case "append":
      return `${rule.field} ${rule.rule}`;
  }
}

function notAskedLines({ notAsked }: BeforeExplanation): readonly string[] {
  const others = notAsked.filter(({ why }) => why === "other-events").map(({ id }) => id);
  const lines = notAsked.flatMap((one) => {
    if (one.why === "other-events") return [];
    if (one.why !== "when") return [`  ${one.id}: ${one.why}`];
    return [
      `  ${one.id}: \`when\` is false${one.mutatorMayChangeThat ? ", unless a mutator before it changes that" : ""}`,
    ];
  });
  if (others.length > 0) lines.push(`  for other events: ${others.join(", ")}`);
  return lines.length === 0 ? [] : ["", "Not asked:", ...lines];
}

/** One row for each way to end: kinds of failure that end alike share one. */
function verdictRows({ ifAllAllow, ifDown }: BeforeExplanation): readonly (readonly string[])[] {
  const rows = [verdictRow("all of them allow", ifAllAllow)];
  for (const [down, plays] of Map.groupBy(ifDown, (one) => one.down)) {
    const ways = [...Map.groupBy(plays, sameEnd).values()].sort((left, right) => left.length - right.length);
    const who = down === null ? "all of them fail" : `${down} fails`;
    ways.forEach((way, at) => {
      const [first] = way;
      if (first === undefined) return;
      const kinds = way.map(({ kind }) => kind).join(", ");
      const how = ways.length === 1 ? "in any way" : at === ways.length - 1 ? "in any other way" : `by ${kinds}`;
      rows.push(verdictRow(`${who} ${how}`, first, Math.max(...way.map(({ ms }) => ms))));
    });
  }
  return rows;
}

function sameEnd({ decision, decidedBy, handler, warnings }: IfDown): string {
  return JSON.stringify([decision, decidedBy, handler, warnings.length]);
}

function verdictRow(what: string, { decision, decidedBy, handler, warnings, ms }: Foretold, worstMs = ms): string[] {
  const warned = warnings.length === 0 ? "" : ", with a warning";
  return [what, `${decision}${warned}`, handler === null ? decidedBy : `${decidedBy} of ${handler}`, `${worstMs} ms`];
}

const toldTexts = {
  yes: "yes",
  waits: "waits until one before it, or itself, is enabled",
  "when-false": "no: `when` is false",
  "when-error": "no: `when` cannot be evaluated, a dead letter",
} as const;

function afterLines({ after }: EventExplanation, tasks: Tasks): readonly string[] {
  if (after.length === 0) return ["", "After: nobody is told."];
  const rows = after.map(({ group, place, id, when, told, timeoutMs }) => [
    group,
    String(place),
    id,
    when ?? "always",
    toldTexts[told],
    `${timeoutMs} ms`,
    tasks.get(id) ?? "",
  ]);
  const table = renderTable(["group", "", "handler", "when", "told", "timeout", "task"], rows);
  return ["", "After it has happened (groups beside each other, in a group one after another):", "", table];
}
