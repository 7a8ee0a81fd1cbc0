import { outsideBridgeMs, reserveMs } from "../model/budget.ts";
import { type BeforeHandler, byPriority, type Handler } from "../model/handler.ts";

/**
 * The budget proof of one event id: whether its handlers fit the bridge's share of the deadline even if every one of them
 * takes all of its time. `when` is ignored, as it may be true for all of them.
 */
export interface BudgetRow {
  readonly eventId: string;
  /** In the order they run; best effort ones are not counted. */
  readonly mutators: readonly BudgetPart[];
  readonly validators: readonly BudgetPart[];
  readonly bestEffort: readonly string[];
  /** One after another: the sum of their timeouts. Milliseconds, as all below. */
  readonly mutatorsMs: number;
  /** Beside each other: the longest of their timeouts. */
  readonly validatorsMs: number;
  /** The bridge's own work: 30 and 5 for each mutator. */
  readonly fixedMs: number;
  readonly sumMs: number;
  /** The deadline less what the core and the transits need. */
  readonly shareMs: number;
  readonly fits: boolean;
}

export interface BudgetPart {
  readonly id: string;
  readonly timeoutMs: number;
}

/** One row for each event id that an enabled before handler names, in order of the ids. Shadows are never awaited. */
export function proveBudget(handlers: readonly Handler[], deadlineMs: number): readonly BudgetRow[] {
  const asked = handlers.filter(
    (handler): handler is BeforeHandler =>
      handler.stage === "before" && handler.status === "enabled" && handler.mode !== "shadow",
  );
  const ids = [...new Set(asked.flatMap((handler) => handler.events))].sort();
  return ids.map((id) => row(id, asked.filter((handler) => handler.events.includes(id)).sort(byPriority), deadlineMs));
}

function row(eventId: string, handlers: readonly BeforeHandler[], deadlineMs: number): BudgetRow {
  const counted = handlers.filter((handler) => !handler.bestEffort);
  const isMutator = (handler: BeforeHandler): boolean => handler.mayChange.length > 0;
  const mutators = counted.filter(isMutator).map(part);
  const validators = counted.filter((handler) => !isMutator(handler)).map(part);
  const mutatorsMs = mutators.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0);
  const validatorsMs = Math.max(0, ...validators.map(({ timeoutMs }) => timeoutMs));
  // A best effort mutator, if it runs, costs the bridge as much of its own work as any other.
  const fixedMs = reserveMs(handlers.filter(isMutator).length);
  const sumMs = mutatorsMs + validatorsMs + fixedMs;
  const shareMs = deadlineMs - outsideBridgeMs;
  const bestEffort = handlers.filter((handler) => handler.bestEffort).map(({ id }) => id);
  const fits = sumMs <= shareMs;
  return { eventId, mutators, validators, bestEffort, mutatorsMs, validatorsMs, fixedMs, sumMs, shareMs, fits };
}

function part({ id, timeoutMs }: BeforeHandler): BudgetPart {
  return { id, timeoutMs };
}

/** `clients.update: mutators a 300 + b 200, validators max(c 300), fixed 40 = 840 of 1100 ms`. */
export function budgetText(row: BudgetRow): string {
  const list = (parts: readonly BudgetPart[], between: string): string =>
    parts.map(({ id, timeoutMs }) => `${id} ${timeoutMs}`).join(between);
  const terms = [
    ...(row.mutators.length > 0 ? [`mutators ${list(row.mutators, " + ")}`] : []),
    ...(row.validators.length > 0 ? [`validators max(${list(row.validators, ", ")})`] : []),
    `fixed ${row.fixedMs}`,
  ];
  return `${row.eventId}: ${terms.join(", ")} = ${row.sumMs} of ${row.shareMs} ms`;
}
