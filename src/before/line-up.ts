import { type BeforeHandler, byPriority } from "../model/handler.ts";
import { decidesFor } from "./canary.ts";

export interface LineUp {
  /** One after another, in this order. */
  readonly mutators: readonly BeforeHandler[];
  /** All at once; the order only says in which they are reported. */
  readonly validators: readonly BeforeHandler[];
}

/** Who is asked about an event and in which order: a pure function of the settings, not of the order they came in. */
export function lineUp(handlers: readonly BeforeHandler[], eventId: string, client: string): LineUp {
  const matching = handlers
    .filter(
      (handler) => handler.status === "enabled" && handler.events.includes(eventId) && decidesFor(handler, client),
    )
    .sort(byPriority);
  return {
    mutators: matching.filter((handler) => handler.mayChange.length > 0),
    validators: matching.filter((handler) => handler.mayChange.length === 0),
  };
}
