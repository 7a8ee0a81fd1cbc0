import { kafkaSettings, registrySettings } from "../bridge/connections.ts";
import { loadConnectedSettings } from "../config/settings.ts";
import { BridgeError } from "../errors.ts";
import { shapeOfEvent } from "../kafka/registry/schemas.ts";
import { canonicalEventId, eventCatalogue, findEventType } from "../model/event-catalogue.ts";
import { dataFromJson } from "../model/json-data.ts";
import { createBillingClient } from "../sdk/billing-client.ts";
import type { BillingEvent } from "../sdk/billing-event.ts";
import type { BillingClient } from "../sdk/client-options.ts";
import type { EventId } from "../sdk/generated/events.ts";
import { readDataOption } from "./data-option.ts";

/** What `publish` and `request` share: an event from the command line, and a client that knows just that event. */

export interface EventFlags {
  readonly data: string;
  readonly clientId?: string;
  readonly objectId?: string;
  readonly json?: boolean;
}

/** Throws UNKNOWN_EVENT with the ids there are, DATA_INVALID, USAGE. */
export function eventFromFlags(eventId: string, flags: EventFlags): BillingEvent {
  const type = findEventType(eventId);
  if (type === undefined) {
    const known = eventCatalogue.map(({ id }) => `  ${id}`).join("\n");
    throw new BridgeError("UNKNOWN_EVENT", `no event "${eventId}"; there are:\n${known}`);
  }
  const given = dataFromJson(readDataOption(flags.data), shapeOfEvent(type));
  const objectId = flags.objectId === undefined ? undefined : wholeNumber("--object-id", flags.objectId);
  const data =
    objectId === undefined ? given : { ...given, [type.entity === "balance" ? "clients_id" : "id"]: objectId };
  return {
    id: type.id as EventId,
    // The codec holds it against the schema before anything is sent.
    data: data as unknown as BillingEvent["data"],
    ...(flags.clientId === undefined ? {} : { clientId: wholeNumber("--client-id", flags.clientId) }),
  };
}

/** `ce_source` of what is sent from here. */
export const cliSource = "/provisioning-bridge/cli";

/** Opens a client for one event, runs, closes. */
export async function withClient<T>(
  eventId: string,
  requests: boolean,
  run: (client: BillingClient) => Promise<T>,
): Promise<T> {
  const settings = loadConnectedSettings(process.env, ["topics"]);
  const client = await createBillingClient({
    kafka: { ...kafkaSettings(settings), clientId: "provisioning-bridge-cli" },
    registry: registrySettings(settings),
    source: cliSource,
    topicPrefix: settings.topics.prefix,
    groupPrefix: settings.topics.groupPrefix,
    events: [canonicalEventId(eventId) as EventId],
    connectTimeoutMs: 15_000,
    requests,
    // It asks once, long before it could know every bridge.
    skipWithoutHandlers: false,
  });
  try {
    return await run(client);
  } finally {
    await client.close();
  }
}

function wholeNumber(option: string, text: string): number | bigint {
  if (!/^-?\d{1,19}$/.test(text)) throw new BridgeError("USAGE", `${option}: "${text}" is not a whole number`);
  const exact = BigInt(text);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}
