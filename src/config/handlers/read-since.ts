import type { AfterHandler } from "../../model/handler.ts";
import type { Part } from "./part.ts";

/** A date and a time with its zone, as RFC 3339 has it. */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** `since: start`, or a time: where a new group begins, and what its handler is not told of any more. */
export function readSince(part: Part | undefined): Pick<AfterHandler, "sinceMs"> {
  const text = part?.text(40);
  if (part === undefined || text === undefined) return {};
  if (text === "start") return { sinceMs: 0 };
  const sinceMs = instant.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(sinceMs)) part.problem("must be start, or a time such as 2026-01-31T12:00:00Z");
  return Number.isNaN(sinceMs) ? {} : { sinceMs };
}
