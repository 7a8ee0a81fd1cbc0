import { randomUUID } from "node:crypto";
import { BridgeError } from "../errors.ts";
import type { Data } from "../model/data.ts";
import { type EventType, findEventType } from "../model/event-catalogue.ts";
import { identify } from "../model/record-key.ts";
import type { EventDataById, EventId, Long } from "./generated/events.ts";

/** Something that happened, or is about to: what a billing core hands to `publish` and `request`. */
export interface BillingEvent<Id extends EventId = EventId> {
  /** Canonical event id, such as `clients.update`. */
  readonly id: Id;
  /** As schemas/<entity>/ says. Absent and null differ; decimals are strings, never floats. */
  readonly data: EventDataById[Id];
  /** Whose it is, where the data does not hold `clients_id` (an account's sparse update). Keeps the client's order. */
  readonly clientId?: Long;
  /** Unique per source; give the same one when the same event is sent again. Default: a random UUID. */
  readonly ceId?: string;
  /** When it happened. Default: now. */
  readonly time?: Date;
  /** W3C trace context, handed through to handlers. */
  readonly traceparent?: string;
}

/** An event, checked, with everything its record needs besides the encoded data. */
export interface CheckedEvent {
  readonly type: EventType;
  readonly data: Data;
  readonly key: string | null;
  readonly headers: {
    readonly id: string;
    readonly type: string;
    readonly source: string;
    readonly time: string;
    readonly subject: string | null;
    readonly traceparent: string | undefined;
  };
}

/**
 * Throws BridgeError UNKNOWN_EVENT for an id that is not in the catalogue, DATA_INVALID when the event does not say which
 * client's it is, so that its order could not be kept.
 */
export function checkEvent(event: BillingEvent, source: string): CheckedEvent {
  const type = findEventType(event.id);
  if (type === undefined) {
    throw new BridgeError(
      "UNKNOWN_EVENT",
      `no event "${event.id}" in the catalogue; its ids are listed in docs/events.md`,
    );
  }
  const data = event.data as unknown as Data;
  const { key, objectId } = identify(type, data, event.clientId);
  const keyedByClient = type.entity === "accounts" || type.entity === "packages";
  if (key === null && keyedByClient) {
    throw new BridgeError(
      "DATA_INVALID",
      `${type.id}: say whose it is, by data.clients_id or by clientId: it keeps the client's events in order`,
    );
  }
  return {
    type,
    data,
    key,
    headers: {
      id: event.ceId ?? randomUUID(),
      type: type.id,
      source,
      time: (event.time ?? new Date()).toISOString(),
      subject: objectId,
      traceparent: event.traceparent,
    },
  };
}
/** What happened, as it may be published: besides, it has a key. Throws as `checkEvent`. */
export function checkFact(event: BillingEvent, source: string): CheckedEvent & { readonly key: string } {
  const checked = checkEvent(event, source);
  const { key, type } = checked;
  if (key !== null) return { ...checked, key };
  throw new BridgeError(
    "DATA_INVALID",
    `${type.id}: a fact needs the object's id (data.id): only what is asked before a create has none`,
  );
}
