import { findEventType, stateOf } from "../../model/event-catalogue.ts";
import type { AfterHandler } from "../../model/handler.ts";
import type { Part } from "./part.ts";

/** `catchUp: latest`, for events of which the newest tells the whole; `catchUp: all` is what holds without it. */
export function readCatchUp(
  part: Part | undefined,
  events: readonly string[],
  when: Part | undefined,
): Pick<AfterHandler, "catchUp"> {
  if (part?.oneOf(["all", "latest"]) !== "latest") return {};
  for (const id of events) {
    const refusal = stateOf(id) === null ? whyNot(id) : null;
    if (refusal !== null) part.problem(`cannot be latest: ${id} ${refusal}`);
  }
  if (when !== undefined)
    part.problem(
      "cannot be latest beside a when: whether a newer event concerns the handler is known only once it is read",
    );
  return { catchUp: "latest" };
}

function whyNot(id: string): string {
  const type = findEventType(id);
  if (type === undefined) return "is not in the catalogue, and nothing says that its newest stands for the others";
  if (type.action === "update") return "tells only what changed, and what the others changed would be lost";
  return "tells what happened, not a state, and each time counts";
}
