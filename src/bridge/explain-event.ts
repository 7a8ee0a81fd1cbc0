import { type BeforeExplanation, explainBefore } from "../before/explain.ts";
import { type BudgetRow, proveBudget } from "../config/budget.ts";
import { outsideBridgeMs } from "../model/budget.ts";
import type { Data } from "../model/data.ts";
import type { BridgeEvent } from "../model/event.ts";
import type { EventType } from "../model/event-catalogue.ts";
import { type AfterHandler, byPriority, type Handler } from "../model/handler.ts";
import { exampleEvent } from "./example-event.ts";

export type { BeforeExplanation, Foretold, HandlerPart, IfDown } from "../before/explain.ts";

export interface EventExplanation {
  readonly event: string;
  readonly objectId: string | null;
  /** The configured deadline D and what of it is the bridge's. Milliseconds. */
  readonly deadlineMs: number;
  readonly shareMs: number;
  /** Null: the event has no before stage. */
  readonly before: BeforeExplanation | null;
  /** The budget proof, which holds for any data; null: no enabled before handler names the event. */
  readonly budget: BudgetRow | null;
  /** By group, within it by priority, then id. */
  readonly after: readonly AfterPart[];
}

export interface AfterPart {
  readonly group: string;
  readonly id: string;
  /** From 1, within the group: each is told once the one before it has ended. */
  readonly place: number;
  readonly priority: number;
  readonly timeoutMs: number;
  readonly when: string | null;
  /**
   * On the data as given. `waits`: it is disabled, or one before it in its group is, and nothing overtakes what that one has
   * still to get. `when-error`: a dead letter, as its condition cannot be evaluated.
   */
  readonly told: "yes" | "waits" | "when-false" | "when-error";
}

/**
 * What would happen to an event with this data, before and after, without calling anything. Throws ProblemsError
 * DATA_INVALID, which names every field that does not fit this package's own schema. `client`: whose it is, where the data
 * does not say so.
 */
export async function explainEvent(
  type: EventType,
  given: Data,
  handlers: readonly Handler[],
  deadlineMs: number,
  client?: string,
): Promise<EventExplanation> {
  const { event, recode, key } = exampleEvent(type, given, "explain", "/provisioning-bridge/cli");
  const asked = handlers.filter((handler) => handler.stage === "before");
  const told = handlers.filter((handler) => handler.stage === "after");
  const shareMs = deadlineMs - outsideBridgeMs;
  return {
    event: type.id,
    objectId: event.objectId,
    deadlineMs,
    shareMs,
    before: type.before ? await explainBefore(event, recode, asked, shareMs, client ?? key ?? event.id) : null,
    budget: proveBudget(handlers, deadlineMs).find(({ eventId }) => eventId === type.id) ?? null,
    after: afterParts(event, told),
  };
}

function afterParts(event: BridgeEvent, handlers: readonly AfterHandler[]): readonly AfterPart[] {
  const concerned = handlers.filter(({ status, events }) => status !== "archived" && events.includes(event.id));
  const groups = [...Map.groupBy(concerned, ({ group }) => group)].sort(([left], [right]) => (left < right ? -1 : 1));
  return groups.flatMap(([group, members]) => {
    let held = false;
    return members.sort(byPriority).map((handler, at) => {
      const { id, priority, timeoutMs, condition, status } = handler;
      const result = condition?.evaluate(event).kind ?? "match";
      if (status === "disabled" && result !== "no-match") held = true;
      const told = result === "no-match" ? "when-false" : held ? "waits" : result === "error" ? "when-error" : "yes";
      return { group, id, place: at + 1, priority, timeoutMs, when: condition?.source ?? null, told };
    });
  });
}
