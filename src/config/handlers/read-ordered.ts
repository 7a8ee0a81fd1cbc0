import type { AfterHandler } from "../../model/handler.ts";
import type { Placed } from "./cross-check.ts";
import type { Part } from "./part.ts";

/** `ordered: false`: an event need not wait for the earlier ones of its key; `ordered: true` is what holds without it. */
export function readOrdered(part: Part | undefined, catchUp: AfterHandler["catchUp"]): Pick<AfterHandler, "ordered"> {
  if (part?.flag() !== false) return {};
  if (catchUp !== undefined)
    part.problem("cannot be false beside catchUp: latest: which state is the newest is known only in order");
  return { ordered: false };
}

/** A handler of the same group that takes its events in order keeps those that it shares in order: it may not be meant. */
export function checkOrdered({ handler, part }: Placed, all: readonly Placed[]): void {
  if (handler.stage !== "after" || handler.ordered === undefined || handler.status === "archived") return;
  for (const { handler: other } of all) {
    if (other.stage !== "after" || other.group !== handler.group || other.status === "archived") continue;
    const shared = other.ordered === undefined ? handler.events.filter((id) => other.events.includes(id)) : [];
    if (shared.length > 0)
      part
        .inside("ordered")
        .warn(`has no effect on ${shared.join(", ")}: ${other.id}, of its group, takes them in order`);
  }
}
