import { BridgeError } from "../errors.ts";
import { createKafkaClient } from "../kafka/connection/client.ts";
import { createRecordProducer, type RecordProducer } from "../kafka/produce/producer.ts";
import { eventHeaders } from "../kafka/records/headers.ts";
import { createRegistry } from "../kafka/registry/registry.ts";
import { maxDeadlineMs } from "../model/budget.ts";
import { systemClock } from "../model/clock.ts";
import { within } from "../model/deadline.ts";
import { silentLogger } from "../model/logger.ts";
import { type TopicNames, topicNames } from "../model/topics.ts";
import { type BillingEvent, checkFact } from "./billing-event.ts";
import { checkOptions } from "./check-options.ts";
import { ClientEvents } from "./client-events.ts";
import type {
  BillingClient,
  BillingClientCounts,
  BillingClientOptions,
  PublishedEvent,
  RequestOptions,
} from "./client-options.ts";
import { EventCodecs } from "./event-codecs.ts";
import type { EventDataById, EventId } from "./generated/events.ts";
import type { RequestVerdict } from "./request-verdict.ts";
import { Requests } from "./requests.ts";
import { usualKafka, usualRegistry } from "./usual-settings.ts";

const closeMs = 5000;

/**
 * Connects a billing core. Rejects with BridgeError BROKER_UNAVAILABLE, REGISTRY_UNAVAILABLE, NOT_SET_UP (run `setup` first),
 * SETTINGS_INVALID (a number out of its range, by the option's name), or TIMED_OUT after `connectTimeoutMs`.
 */
export async function createBillingClient(options: BillingClientOptions): Promise<BillingClient> {
  checkOptions(options);
  const client = new KafkaBillingClient(options);
  try {
    await client.open();
  } catch (error) {
    await client.close();
    throw error;
  }
  return client;
}

class KafkaBillingClient implements BillingClient {
  readonly #options: BillingClientOptions;
  readonly #topics: TopicNames;
  readonly #producer: RecordProducer;
  /** Its own: a request must not wait behind the facts, or for the broker that leads their topic. */
  readonly #asking: RecordProducer;
  readonly #codecs: EventCodecs;
  readonly #events: ClientEvents;
  readonly #requests: Requests | null;
  #closing: Promise<void> | null = null;

  constructor(options: BillingClientOptions) {
    this.#options = options;
    const client = createKafkaClient(
      { ...usualKafka, clientId: "billing-core", ...options.kafka },
      options.logger ?? silentLogger,
    );
    const registry = createRegistry({ ...usualRegistry, ...options.registry });
    const topics = topicNames(options.topicPrefix ?? "billing");
    const codecs = new EventCodecs(registry, topics);
    const producer = createRecordProducer(client, { timeoutMs: options.publishTimeoutMs ?? 30_000 });
    // After it nobody waits for a request's verdict, so nobody need write it.
    const asking = createRecordProducer(client, { timeoutMs: maxDeadlineMs });
    this.#topics = topics;
    this.#codecs = codecs;
    this.#producer = producer;
    this.#asking = asking;
    this.#events = new ClientEvents(options.source);
    this.#requests =
      options.requests === false
        ? null
        : new Requests({
            options,
            client,
            registry,
            producer: asking,
            codecs,
            topics,
            events: this.#events,
            clock: systemClock,
          });
  }

  async open(): Promise<void> {
    const ms = this.#options.connectTimeoutMs ?? 30_000;
    const opened = Promise.all([
      this.#producer.connect(),
      this.#codecs.open(this.#options.events, this.#requests !== null),
      ...(this.#requests === null ? [] : [this.#asking.connect(), this.#requests.open(ms)]),
    ]);
    await within(systemClock, ms, "connecting to Kafka and the schema registry", opened);
  }

  async publish<Id extends EventId>(event: BillingEvent<Id>): Promise<PublishedEvent> {
    const { type, key, data, headers } = checkFact(event, this.#options.source);
    const topic = this.#topics.facts[type.entity];
    const value = this.#codecs.fact(type).encode(data);
    const position = await this.#producer.send({ topic, key, value, headers: eventHeaders(headers) });
    return { ...position, topic, ceId: headers.id };
  }

  async request<Id extends EventId>(
    event: BillingEvent<Id>,
    options: RequestOptions = {},
  ): Promise<RequestVerdict<EventDataById[Id]>> {
    if (this.#closing !== null) throw new BridgeError("CLOSED", "the billing client is closed");
    if (this.#requests === null)
      throw new BridgeError("USAGE", "this client was made to publish only (requests: false)");
    const verdict = await this.#requests.ask(event, options);
    // The verdict's data has the type of the event that was asked about: same schema, same shape.
    return verdict as unknown as RequestVerdict<EventDataById[Id]>;
  }

  ready(): boolean {
    const asks = this.#requests === null || (this.#asking.ready() && this.#requests.ready());
    return this.#producer.ready() && asks && this.#closing === null;
  }

  counts(): BillingClientCounts {
    return { pending: this.#requests?.pending ?? 0, ...this.#events.counts() };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#requests?.silenceAll();
    const producers = [this.#producer, this.#asking];
    await Promise.all([...producers.map((producer) => producer.close(closeMs)), this.#requests?.close(closeMs)]);
  }
}
