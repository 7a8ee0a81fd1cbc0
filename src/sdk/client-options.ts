import type { RecordPosition } from "../kafka/produce/producer.ts";
import type { KafkaSettings, RegistrySettings } from "../kafka/settings.ts";
import type { Logger } from "../model/logger.ts";
import type { BillingEvent } from "./billing-event.ts";
import type { ClientEventCounts } from "./client-events.ts";
import type { EventDataById, EventId } from "./generated/events.ts";
import type { OnSilence, RequestVerdict } from "./request-verdict.ts";

/** What a billing core sees of the billing client. */

export interface BillingClientOptions {
  readonly kafka: Pick<KafkaSettings, "brokers"> & Partial<KafkaSettings>;
  readonly registry: Pick<RegistrySettings, "url"> & Partial<RegistrySettings>;
  /** Names this core in every event (`ce_source`), such as `/billing/eu-1`. */
  readonly source: string;
  /** First part of the topics' names [billing]. */
  readonly topicPrefix?: string;
  /** First part of the reply group's name [provisioning-bridge]. */
  readonly groupPrefix?: string;
  /** What decides when no verdict comes; may be stated per request instead. There is no default. */
  readonly onSilence?: OnSilence;
  /** Milliseconds from asking to verdict, at most [1500]; 1 to 5000. */
  readonly deadlineMs?: number;
  /** Requests that may wait at once [10,000], 1 to 10,000,000; past it `onSilence` decides at once. */
  readonly maxPending?: number;
  /** Longest wait for broker and registry in `createBillingClient`, milliseconds from 1 [30,000]. */
  readonly connectTimeoutMs?: number;
  /** Longest wait of `publish` for its acknowledgement, milliseconds from 1 [30,000]. */
  readonly publishTimeoutMs?: number;
  /** Only these events will be used: fewer schemas are looked up at start. Default: all. */
  readonly events?: readonly EventId[];
  /** False: `publish` only, no reply consumer [true]. */
  readonly requests?: boolean;
  /** Where no bridge has a handler for an event, the verdict is allow, `no-handler`, at once, and nothing is sent [true]. */
  readonly skipWithoutHandlers?: boolean;
  /** A bridge that was not heard for this long counts for nothing. Milliseconds [2000], 1 to 60,000; bridges beat every 500. */
  readonly heardWithinMs?: number;
  /** After so many silences in a row nobody is asked, and `onSilence` decides at once [5]; 1 to 1,000,000. */
  readonly breakerSilences?: number;
  /** How often a request is asked nevertheless then, to find out. Milliseconds [1000], 1 to 3,600,000. */
  readonly breakerProbeMs?: number;
  readonly logger?: Logger;
}

export interface RequestOptions {
  readonly deadlineMs?: number;
  readonly onSilence?: OnSilence;
  /** Names the operation, so that it can be asked again and applied once. Default: a random UUID. */
  readonly operationId?: string;
  /** From 1 [1]. */
  readonly attempt?: number;
  /** Version of the object the core decided on; comes back with the verdict, for a compare-and-set. */
  readonly baseVersion?: string;
}

/** Counts since the client was made, by the kinds of its events (docs/billing-core.md), and how many requests wait now. */
export interface BillingClientCounts extends ClientEventCounts {
  readonly pending: number;
}

/** Where a published event stands. */
export interface PublishedEvent extends RecordPosition {
  readonly topic: string;
  readonly ceId: string;
}

export interface BillingClient {
  /**
   * Publishes what happened. Resolves when all in-sync replicas have it. Rejects with BridgeError: DATA_INVALID,
   * UNKNOWN_EVENT, USAGE (an event that is not among the client's `events`), RECORD_TOO_LARGE, RECORD_REFUSED (also: no such
   * topic), QUEUE_FULL, BROKER_UNAVAILABLE (it may have been written: publish it again with the same `ceId`), CLOSED.
   */
  publish<Id extends EventId>(event: BillingEvent<Id>): Promise<PublishedEvent>;
  /**
   * Asks before something happens. Resolves by the deadline at the latest, whatever happens outside this process. Rejects
   * only for what the caller did wrong: DATA_INVALID, UNKNOWN_EVENT, USAGE (no `onSilence`, an event without a
   * before stage or not among the client's `events`, an option out of its range), CLOSED.
   */
  request<Id extends EventId>(
    event: BillingEvent<Id>,
    options?: RequestOptions,
  ): Promise<RequestVerdict<EventDataById[Id]>>;
  /** Whether replies are being read and the producer works. */
  ready(): boolean;
  counts(): BillingClientCounts;
  /** What waits is answered by `onSilence` at once, what was published is written; then disconnects. Idempotent. */
  close(): Promise<void>;
}
