import { hash } from "node:crypto";
import type { BridgeEvent } from "../model/event.ts";

/**
 * The `webhook-id` of one event to one handler: the same for every attempt, on every instance, after every restart, and
 * another for every other handler, so that a receiver behind two handlers sees two deliveries.
 *
 * An event is named by its source, type and `ce_id` (CloudEvents 1.0: equal source and id mean a duplicate), so that a
 * fact that its producer wrote twice carries one id; a record without `ce_id` is named by where it stands in the log.
 * Hashed, because ids come from foreign producers and the id stands in a header and in the text that is signed.
 */
export function deliveryIdOf(handlerId: string, event: BridgeEvent, sequence: string): string {
  const name =
    event.ceId === undefined
      ? ["record", handlerId, sequence]
      : ["event", handlerId, event.source ?? "", event.type, event.ceId];
  return `msg_${hash("sha256", JSON.stringify(name), "base64url")}`;
}
