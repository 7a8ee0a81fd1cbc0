import { sampleData } from "../../model/sample-data.ts";
import type { BillingEvent } from "../../sdk/billing-event.ts";
import type { EventDataById, EventId } from "../../sdk/generated/events.ts";

/** One sample of every event; the names and types of its fields are held here. */
const data: EventDataById = sampleData;

/** In the order in which they could happen. */
export const sampleEvents: readonly BillingEvent[] = (Object.keys(data) as EventId[]).map((id) => ({
  id,
  data: data[id],
}));

/** What the demo asks before it happens, each with what it shows. */
export const sampleRequests: readonly { readonly shows: string; readonly event: BillingEvent }[] = [
  {
    shows: "an echo means: allow, unchanged",
    event: { id: "clients.create", data: { name: "Example Telecom", credit: "100" } },
  },
  {
    shows: "a mutator tidies the name",
    event: { id: "clients.update", data: { id: 12, name: "  Example   Telecom " } },
  },
  {
    shows: "a validator forbids the credit",
    event: { id: "clients.update", data: { id: 12, name: "Example Telecom", credit: "5000" } },
  },
  { shows: "a local script allows", event: { id: "clients.archive", data: { id: 12 } } },
  { shows: "a local script forbids", event: { id: "clients.archive", data: { id: 13 } } },
  {
    shows: "a slow handler: its policy allows",
    event: { id: "clients.packages.renew", data: sampleData["clients.packages.renew"] },
  },
  { shows: "a dead handler: its policy forbids", event: { id: "clients.delete", data: { id: 12 } } },
  { shows: "nobody asked to be asked", event: { id: "clients.accounts.delete", data: { id: 40, clients_id: 12 } } },
];
