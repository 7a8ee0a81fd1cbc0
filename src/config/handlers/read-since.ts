import type { AfterHandler } from "../../model/handler.ts";
import { instantMs } from "../../model/instant.ts";
import type { Part } from "./part.ts";

/** `since: start`, or a time: where a new group begins, and what its handler is not told of any more. */
export function readSince(part: Part | undefined): Pick<AfterHandler, "sinceMs"> {
  const text = part?.text(40);
  if (part === undefined || text === undefined) return {};
  if (text === "start") return { sinceMs: 0 };
  const sinceMs = instantMs(text);
  if (sinceMs === null) part.problem("must be start, or a time such as 2026-01-31T12:00:00Z");
  return sinceMs === null ? {} : { sinceMs };
}
