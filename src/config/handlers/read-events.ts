import { canonicalEventId, eventCatalogue, findEventType } from "../../model/event-catalogue.ts";
import type { Stage } from "../../model/handler.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { Part } from "./part.ts";

const knownIds: readonly string[] = eventCatalogue.flatMap((type) => [type.id, ...type.aliases]);
const mostEvents = 100;

/**
 * Event ids, aliases made canonical. An unknown id with a dot may be one that a vendor added and is warned about; without
 * a dot it cannot be one.
 */
export function readEvents(part: Part, stage: Stage | undefined): readonly string[] {
  const items = part.items();
  if (items?.length === 0) part.problem("must name at least one event");
  if ((items?.length ?? 0) > mostEvents) part.problem(`must name at most ${mostEvents} events`);
  const events = new Set<string>();
  // The rest is not looked at: each costs a search for what may be meant, while requests wait for their verdicts.
  for (const item of items?.slice(0, mostEvents) ?? []) {
    const id = readEvent(item, stage);
    if (id === undefined) continue;
    if (events.has(id)) item.problem(`${id} is named twice`);
    events.add(id);
  }
  return [...events];
}

function readEvent(part: Part, stage: Stage | undefined): string | undefined {
  const text = part.text(200);
  if (text === undefined) return undefined;
  const type = findEventType(text);
  if (type === undefined) {
    const hint = didYouMean(text, knownIds);
    if (!/^[\w-]+(\.[\w-]+)+$/.test(text)) return part.problem("no such event", hint);
    part.warn(`${text} is not in the catalogue: only records that say exactly this will match`, hint);
  } else if (stage === "before" && !type.before) {
    return part.problem(`${type.id} is only told after it happened: no handler can be asked before`);
  }
  return canonicalEventId(text);
}
