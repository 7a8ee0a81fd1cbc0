import type { AfterHandler } from "../../model/handler.ts";
import type { Part } from "./part.ts";

/** `ordered: false`: an event need not wait for the earlier ones of its key; `ordered: true` is what holds without it. */
export function readOrdered(part: Part | undefined, catchUp: AfterHandler["catchUp"]): Pick<AfterHandler, "ordered"> {
  if (part?.flag() !== false) return {};
  if (catchUp !== undefined)
    part.problem("cannot be false beside catchUp: latest: which state is the newest is known only in order");
  return { ordered: false };
}
