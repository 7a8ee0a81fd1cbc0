import { BridgeError } from "../errors.ts";
import { eventCatalogue, findEventType } from "../model/event-catalogue.ts";
import type { EventId } from "./generated/events.ts";

/** Which events a subscriber is told: ids, or all that begin alike. */

type Beginning<Text extends string> = Text extends `${infer Head}.${infer Rest}`
  ? Head | `${Head}.${Beginning<Rest>}`
  : never;

/** An event id; all below a beginning (`clients.*` holds `clients.accounts.create` too); `*` is every one. */
export type EventPattern = EventId | `${Beginning<EventId>}.*` | "*";

/** The ids that a pattern stands for. */
export type EventsOf<Pattern extends EventPattern> = Pattern extends EventId
  ? Pattern
  : Pattern extends `${infer Head}.*`
    ? Extract<EventId, `${Head}.${string}`>
    : EventId;

/** The ids in the order of the catalogue, each once. Throws BridgeError UNKNOWN_EVENT for what stands for none, USAGE for none at all. */
export function subscribedEvents(patterns: readonly string[]): readonly EventId[] {
  if (patterns.length === 0) throw new BridgeError("USAGE", "events: name at least one event, or all of them by *");
  const wanted = new Set<string>();
  for (const pattern of patterns) {
    const found = idsOf(pattern);
    if (found.length === 0) {
      throw new BridgeError(
        "UNKNOWN_EVENT",
        `no event "${pattern}" in the catalogue; its ids are listed in docs/events.md`,
      );
    }
    for (const id of found) wanted.add(id);
  }
  return eventCatalogue.flatMap(({ id }) => (wanted.has(id) ? [id as EventId] : []));
}

function idsOf(pattern: string): readonly string[] {
  const known = findEventType(pattern);
  if (known !== undefined) return [known.id];
  if (pattern !== "*" && !pattern.endsWith(".*")) return [];
  const beginning = pattern.slice(0, -1);
  return eventCatalogue.flatMap(({ id }) => (id.startsWith(beginning) ? [id] : []));
}
