import type { BridgeEvent } from "../model/event.ts";
import type { DeliveredEvent } from "./delivery.ts";

/** The event as a subscriber sees it. Its data is frozen: a change would be there in the next attempt. */
export function deliveredEvent({ id, data }: BridgeEvent): DeliveredEvent {
  // The reader has checked that the record is the one of this id, and the types are made of the same schemas.
  return Object.freeze({ id, data: frozen(data) }) as unknown as DeliveredEvent;
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
