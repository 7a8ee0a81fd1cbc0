/**
 * The events of the Provisioning API (VCS 3.22 documentation; imports and the subscription aliases from 3.23 on).
 * Their ids, entities and groups are the product's; the record names are ours (schemas/).
 */

export const entities = ["clients", "accounts", "packages", "balance", "imports"] as const;
export type Entity = (typeof entities)[number];

/** What an event does to its object; decides how the record is projected into a body. */
export type Action = "create" | "update" | "delete" | "state";

export interface EventType {
  /** Canonical event id, as it stands in `events_id` of a handler's body. */
  readonly id: string;
  readonly entity: Entity;
  /** The group shown by the product's interface. */
  readonly group: string;
  readonly label: string;
  readonly action: Action;
  /** Whether a handler may be asked before it happens. */
  readonly before: boolean;
  /** Name of the Avro record, without namespace. */
  readonly record: string;
  /**
   * The state of which each of its records tells the whole, for the object that is its key: the newest stands for all before
   * it. Null: it tells what happened (a package was renewed, a file imported), or only what changed (an update).
   */
  readonly state: string | null;
  /** Ids of other product versions that mean the same event. */
  readonly aliases: readonly string[];
}

function event(
  id: string,
  entity: Entity,
  group: string,
  label: string,
  action: Action,
  record: string,
  options: { before?: boolean; aliases?: readonly string[]; state?: string } = {},
): EventType {
  const { aliases = [], before = true, state = null } = options;
  return { id, entity, group, label, action, record, before, state, aliases };
}

/** The namespace of every Avro record of this project. */
export const avroNamespace = "provisioning";

export const eventCatalogue: readonly EventType[] = [
  event("clients.create", "clients", "Clients", "Client created", "create", "ClientsCreate"),
  event("clients.update", "clients", "Clients", "Client updated", "update", "ClientsUpdate"),
  event("clients.delete", "clients", "Clients", "Client deleted", "delete", "ClientsDelete"),
  event("clients.archive", "clients", "Clients", "Client archived", "delete", "ClientsArchive"),
  event(
    "clients.custom_fields.update",
    "clients",
    "Clients",
    "Custom fields updated",
    "update",
    "ClientsCustomFieldsUpdate",
    {
      aliases: ["clients.custom_fields_update"],
    },
  ),
  event("clients.accounts.create", "accounts", "Accounts", "Account created", "create", "ClientsAccountsCreate"),
  event("clients.accounts.update", "accounts", "Accounts", "Account updated", "update", "ClientsAccountsUpdate"),
  event("clients.accounts.delete", "accounts", "Accounts", "Account deleted", "delete", "ClientsAccountsDelete"),
  ...(
    [
      ["assign", "Package assigned", "create", "ClientsPackagesAssign"],
      ["activate", "Package activated", "state", "ClientsPackagesActivate"],
      ["deactivate", "Package deactivated", "state", "ClientsPackagesDeactivate"],
      ["renew", "Package renewed", "state", "ClientsPackagesRenew"],
      ["close", "Package closed", "state", "ClientsPackagesClose"],
    ] as const
  ).map(([verb, label, action, record]) =>
    event(`clients.packages.${verb}`, "packages", "Clients Packages", label, action, record, {
      aliases: [`clients.subscriptions.${verb}`],
    }),
  ),
  event("clients.balance_notzero", "balance", "Clients", "Balance became >= 0", "state", "ClientsBalanceNotzero", {
    before: false,
    state: "balance",
  }),
  event("clients.balance_zero", "balance", "Clients", "Balance became <= 0", "state", "ClientsBalanceZero", {
    before: false,
    state: "balance",
  }),
  event(
    "email_rates_manager.import",
    "imports",
    "Email Rates Manager",
    "Rates import",
    "state",
    "EmailRatesManagerImport",
    {
      before: false,
    },
  ),
  event("importd.process_success", "imports", "Import", "Import succeeded", "state", "ImportdProcessSuccess", {
    before: false,
  }),
  event("importd.process_failed", "imports", "Import", "Import failed", "state", "ImportdProcessFailed", {
    before: false,
  }),
];

const byAnyId = new Map(eventCatalogue.flatMap((type) => [type.id, ...type.aliases].map((id) => [id, type] as const)));
const byRecord = new Map(eventCatalogue.map((type) => [type.record, type]));

/** The event type of a canonical id or an alias; undefined for ids that vendors added. */
export function findEventType(id: string): EventType | undefined {
  return byAnyId.get(id);
}

/** The event type whose data is the Avro record of this name (without namespace). */
export function findEventTypeByRecord(record: string): EventType | undefined {
  return byRecord.get(record);
}

/** The canonical id of a known event, or the id as it came when it is unknown. */
export function canonicalEventId(id: string): string {
  return byAnyId.get(id)?.id ?? id;
}

/** The state that an event tells the whole of; null for all others, and for ids that vendors added. */
export function stateOf(id: string): string | null {
  return byAnyId.get(id)?.state ?? null;
}

const prefixes: readonly (readonly [string, Entity])[] = [
  ["clients.accounts.", "accounts"],
  ["clients.packages.", "packages"],
  ["clients.subscriptions.", "packages"],
  ["clients.balance", "balance"],
  ["clients.", "clients"],
  ["email_rates_manager.", "imports"],
  ["importd.", "imports"],
];

/** The entities an event id may travel under: one for known ids and known prefixes, all for anything else. */
export function entitiesOf(id: string): readonly Entity[] {
  const known = findEventType(id)?.entity ?? prefixes.find(([prefix]) => id.startsWith(prefix))?.[1];
  return known === undefined ? entities : [known];
}
