import type { Handler, Task } from "../../model/handler.ts";
import { isNeverMutable, ruleMisfit } from "../../model/may-change.ts";
import { fieldOf } from "../../model/record-shape.ts";
import { type BudgetRow, budgetText, proveBudget } from "../budget.ts";
import type { Shapes } from "../when.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { Part } from "./part.ts";

/** What can only be seen once handlers are read: against each other, against the schemas, against the deadline. */

export interface Placed {
  readonly handler: Handler;
  readonly part: Part;
}

/** Ids name consumer groups and metrics: one handler each. */
export function checkIds(placed: readonly Placed[]): void {
  const first = new Map<string, Part>();
  for (const { handler, part } of placed) {
    const other = first.get(handler.id);
    if (other !== undefined) part.problem(`the id ${handler.id} is taken by ${other.path}`);
    else first.set(handler.id, part);
  }
}

/** A field that some events of the handler lack is warned about; one that all lack, or that can never change, refused. */
export function checkMayChange({ handler, part }: Placed, shapes: Shapes): void {
  if (handler.stage !== "before") return;
  const known = handler.events.flatMap((id) => {
    const shape = shapes(id);
    return shape === undefined ? [] : [{ id, shape }];
  });
  for (const rule of handler.mayChange) {
    if (rule.field === "*") continue;
    const place = part.inside("mayChange");
    const without = known.filter(({ shape }) => fieldOf(shape, rule.field) === undefined);
    if (without.length > 0) {
      const ids = without.map(({ id }) => id).join(", ");
      const text = `${ids} ${without.length === 1 ? "has" : "have"} no field ${rule.field}`;
      const names = [...new Set(without.flatMap(({ shape }) => shape.fields.map((field) => field.name)))];
      if (without.length === handler.events.length) place.problem(text, didYouMean(rule.field, names));
      else place.warn(text);
    }
    const problems = known.flatMap(({ shape }) => {
      const field = fieldOf(shape, rule.field);
      if (field === undefined) return [];
      if (isNeverMutable(field)) return [`${rule.field} can never be changed by a handler (${field.role})`];
      const misfit = ruleMisfit(rule, field.type);
      return misfit === undefined ? [] : [`${rule.field}: ${misfit}`];
    });
    for (const problem of new Set(problems)) place.problem(problem);
  }
}

/** A task that could never run is refused where it stands, unless its handler never runs either. */
export function checkTask({ handler, part }: Placed, refusalOf: (task: Task) => string | null = () => null): void {
  const refusal = handler.status === "archived" ? null : refusalOf(handler.task);
  if (refusal !== null) part.inside("task").inside(handler.task.kind).problem(refusal);
}

/** Clocks differ a little. */
const futureMs = 60_000;

/** Most likely a slip: nothing tells that events are passed over. */
export function checkSince({ handler, part }: Placed, nowMs: number): void {
  if (handler.stage !== "after" || (handler.sinceMs ?? 0) <= nowMs + futureMs) return;
  part.inside("since").warn("lies in the future: what happens until then is passed over, and never delivered to it");
}

/** Refuses what cannot be answered in time, with the sum that shows it, at the first of the handlers it is about. */
export function checkBudget(placed: readonly Placed[], deadlineMs: number): readonly BudgetRow[] {
  const rows = proveBudget(
    placed.map(({ handler }) => handler),
    deadlineMs,
  );
  for (const row of rows) {
    if (row.fits) continue;
    const counted = new Set([...row.mutators, ...row.validators].map(({ id }) => id));
    const first = placed.find(({ handler }) => counted.has(handler.id));
    first?.part
      .inside("events")
      .problem(
        `the handlers of ${budgetText(row)}`,
        `lower timeouts, mark one bestEffort, or raise the deadline of ${deadlineMs} ms (DEADLINE_MS)`,
      );
  }
  return rows;
}
