/**
 * The public surface: what a billing core and a subscriber import. Explicit names only, and a test holds the list; whatever is not
 * here may change in any version.
 */
export { BridgeError, type ErrorCode, errorCodes } from "./errors.ts";
export type { KafkaSettings, RegistrySettings, SaslSettings, TlsSettings } from "./kafka/settings.ts";
export { type Action, type Entity, type EventType, eventCatalogue, findEventType } from "./model/event-catalogue.ts";
export type { Logger } from "./model/logger.ts";
export type { RetryPolicy } from "./model/retry-policy.ts";
export type { Change, HandlerOutcome, Reason } from "./model/verdict.ts";
export { createBillingClient } from "./sdk/billing-client.ts";
export type { BillingEvent } from "./sdk/billing-event.ts";
export type { ClientEvent, ClientEventKind } from "./sdk/client-events.ts";
export type {
  BillingClient,
  BillingClientCounts,
  BillingClientOptions,
  PublishedEvent,
  RequestOptions,
} from "./sdk/client-options.ts";
export { type DeliveredEvent, type Delivery, type OpenDelivery, PermanentFailure } from "./sdk/delivery.ts";
export type {
  ClientsAccountsCreate,
  ClientsAccountsDelete,
  ClientsAccountsUpdate,
  ClientsArchive,
  ClientsBalanceNotzero,
  ClientsBalanceZero,
  ClientsCreate,
  ClientsCustomFieldsUpdate,
  ClientsDelete,
  ClientsPackagesActivate,
  ClientsPackagesAssign,
  ClientsPackagesClose,
  ClientsPackagesDeactivate,
  ClientsPackagesRenew,
  ClientsUpdate,
  Decimal,
  EmailRatesManagerImport,
  EventDataById,
  EventId,
  ImportdProcessFailed,
  ImportdProcessSuccess,
  Long,
  SubscriptionFee,
  SubscriptionPeriod,
} from "./sdk/generated/events.ts";
export type { Decider, OnSilence, RequestVerdict } from "./sdk/request-verdict.ts";
export type { EventPattern, EventsOf } from "./sdk/subscribed-events.ts";
export { createSubscriber } from "./sdk/subscriber.ts";
export type {
  HandlingOptions,
  IterableSubscriber,
  Subscriber,
  SubscriberCounts,
  SubscriberOptions,
} from "./sdk/subscriber-options.ts";
