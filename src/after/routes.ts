import { type AfterHandler, byPriority } from "../model/handler.ts";

/**
 * Which handlers of a group name an event, in the order in which they run; archived ones are left out. Read anew for
 * every fact, rebuilt when `handlers` returns another list: it must return the same one as long as nothing changed.
 */
export class Routes {
  readonly #group: string;
  readonly #handlers: () => readonly AfterHandler[];
  #built: readonly AfterHandler[] | null = null;
  #byEvent: ReadonlyMap<string, readonly AfterHandler[]> = new Map();

  constructor(group: string, handlers: () => readonly AfterHandler[]) {
    this.#group = group;
    this.#handlers = handlers;
  }

  of(eventId: string): readonly AfterHandler[] {
    const handlers = this.#handlers();
    if (handlers !== this.#built) {
      this.#byEvent = this.#build(handlers);
      this.#built = handlers;
    }
    return this.#byEvent.get(eventId) ?? [];
  }

  /** How the group's handlers stand; archived ones do not count. */
  status(): "enabled" | "some-disabled" | "all-disabled" {
    const ours = this.#handlers().filter((handler) => handler.group === this.#group && handler.status !== "archived");
    const disabled = ours.filter((handler) => handler.status === "disabled").length;
    if (disabled === 0) return "enabled";
    return disabled === ours.length ? "all-disabled" : "some-disabled";
  }

  #build(handlers: readonly AfterHandler[]): Map<string, AfterHandler[]> {
    const byEvent = new Map<string, AfterHandler[]>();
    const ours = handlers.filter((handler) => handler.group === this.#group && handler.status !== "archived");
    for (const handler of ours.sort(byPriority)) {
      for (const eventId of new Set(handler.events)) {
        const named = byEvent.get(eventId);
        if (named === undefined) byEvent.set(eventId, [handler]);
        else named.push(handler);
      }
    }
    return byEvent;
  }
}
