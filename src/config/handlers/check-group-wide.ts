import type { Placed } from "./cross-check.ts";

/** What takes effect on an event only where every handler of the group that names it says so; and what one that does not does. */
const groupWide = { ordered: "takes them in order", catchUp: "takes every one" } as const;

/** Warns where another handler of the same group keeps such a key from its effect: it may not be meant. */
export function checkGroupWide({ handler, part }: Placed, all: readonly Placed[]): void {
  if (handler.stage !== "after" || handler.status === "archived") return;
  for (const key of ["ordered", "catchUp"] as const) {
    if (handler[key] === undefined) continue;
    for (const { handler: other } of all) {
      if (other.stage !== "after" || other.group !== handler.group || other.status === "archived") continue;
      const shared = other[key] === undefined ? handler.events.filter((id) => other.events.includes(id)) : [];
      if (shared.length > 0)
        part.inside(key).warn(`has no effect on ${shared.join(", ")}: ${other.id}, of its group, ${groupWide[key]}`);
    }
  }
}
