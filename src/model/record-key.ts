import type { Data, Value } from "./data.ts";
import type { EventType } from "./event-catalogue.ts";

/** Which record key, object id and client id an event has. A record's key is the client's id: that keeps a client's events in order. */

export interface EventIdentity {
  /** Record key as decimal text; null when the event says whose it is in no way (a create that is only asked for). */
  readonly key: string | null;
  /** `ce_subject`; null before a create. */
  readonly objectId: string | null;
}

/**
 * `clientId` stands in where the data does not say (an account's sparse update need not hold `clients_id`).
 * A client's own id is its object id; imports are keyed by their own id.
 */
export function identify(type: EventType, data: Data, clientId: Value | undefined): EventIdentity {
  const own = text(data["id"]);
  const client = text(clientId) ?? text(data["clients_id"]);
  switch (type.entity) {
    case "clients":
      return { key: own ?? text(clientId), objectId: own };
    case "accounts":
    case "packages":
      return { key: client, objectId: own };
    case "balance":
      return { key: client, objectId: client };
    case "imports":
      return { key: own, objectId: own };
  }
}

function text(id: Value | undefined): string | null {
  return typeof id === "number" || typeof id === "bigint" || (typeof id === "string" && id !== "") ? String(id) : null;
}
