import { createHash, randomBytes, randomUUID } from "node:crypto";
import { BridgeError } from "../errors.ts";
import { createKafkaClient } from "../kafka/client.ts";
import { eventHeaders, requestHeaders } from "../kafka/headers.ts";
import { createRecordProducer, type RecordPosition, type RecordProducer } from "../kafka/producer.ts";
import { createRegistry, type Registry } from "../kafka/registry.ts";
import { createReplyConsumer, type ReplyConsumer } from "../kafka/reply-consumer.ts";
import type { KafkaSettings, RegistrySettings } from "../kafka/settings.ts";
import { type Clock, systemClock } from "../model/clock.ts";
import { type Logger, silentLogger } from "../model/logger.ts";
import type { InboundRecord } from "../model/record.ts";
import { type TopicNames, topicNames } from "../model/topics.ts";
import { type BillingEvent, checkEvent } from "./billing-event.ts";
import { EventCodecs } from "./event-codecs.ts";
import type { EventDataById, EventId } from "./generated/events.ts";
import { PendingRequests } from "./pending-requests.ts";
import { readReply } from "./read-reply.ts";
import {
  type OnSilence,
  type RequestContext,
  type RequestVerdict,
  silentVerdict,
  verdictOf,
} from "./request-verdict.ts";

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
  /** Requests that may wait at once [10,000]; past it `onSilence` decides at once. */
  readonly maxPending?: number;
  /** Longest wait for broker and registry in `createBillingClient`, milliseconds [30,000]. */
  readonly connectTimeoutMs?: number;
  /** Longest wait of `publish` for its acknowledgement, milliseconds [30,000]. */
  readonly publishTimeoutMs?: number;
  /** Only these events will be used: fewer schemas are looked up at start. Default: all. */
  readonly events?: readonly EventId[];
  /** False: `publish` only, no reply consumer [true]. */
  readonly requests?: boolean;
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

/** Counts since the client was made. */
export interface BillingClientCounts {
  readonly pending: number;
  /** Replies that came after the deadline, again, or with another verdict than the first. None was applied. */
  readonly late: number;
  readonly duplicate: number;
  readonly conflict: number;
  /** Replies for nobody here, or that cannot be read. */
  readonly foreign: number;
  readonly unreadable: number;
}

export interface BillingClient {
  /**
   * Publishes what happened. Resolves when all in-sync replicas have it. Rejects with BridgeError: DATA_INVALID,
   * UNKNOWN_EVENT, NOT_SET_UP, RECORD_TOO_LARGE, RECORD_REFUSED, QUEUE_FULL, BROKER_UNAVAILABLE (it may have been written:
   * publish it again with the same `ceId`), CLOSED.
   */
  publish<Id extends EventId>(
    event: BillingEvent<Id>,
  ): Promise<RecordPosition & { readonly topic: string; readonly ceId: string }>;
  /**
   * Asks before something happens. Resolves by the deadline at the latest, whatever happens outside this process. Rejects
   * only for what the caller did wrong: DATA_INVALID, UNKNOWN_EVENT, USAGE (no `onSilence`, event without a before stage), CLOSED.
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

const maxDeadlineMs = 5000;
const closeMs = 5000;

/** Throws BridgeError BROKER_UNAVAILABLE, REGISTRY_UNAVAILABLE, NOT_SET_UP (run `setup` first) or USAGE. */
export async function createBillingClient(options: BillingClientOptions): Promise<BillingClient> {
  const client = new KafkaBillingClient(options);
  try {
    await client.open();
  } catch (error) {
    await client.close();
    throw error;
  }
  return client;
}

interface Reply {
  readonly record: InboundRecord;
}

class KafkaBillingClient implements BillingClient {
  readonly #options: BillingClientOptions;
  readonly #clock: Clock = systemClock;
  readonly #topics: TopicNames;
  readonly #registry: Registry;
  readonly #producer: RecordProducer;
  readonly #replies: ReplyConsumer | null;
  readonly #codecs: EventCodecs;
  readonly #pending: PendingRequests<Reply>;
  readonly #counts = { late: 0, duplicate: 0, conflict: 0, foreign: 0, unreadable: 0 };
  #replyPartition = 0;
  #closing: Promise<void> | null = null;

  constructor(options: BillingClientOptions) {
    this.#options = options;
    const logger = options.logger ?? silentLogger;
    const kafka = createKafkaClient(
      {
        clientId: "billing-core",
        tls: null,
        sasl: null,
        connectionTimeoutMs: 3000,
        requestTimeoutMs: 30_000,
        ...options.kafka,
      },
      logger,
    );
    this.#topics = topicNames(options.topicPrefix ?? "billing");
    this.#registry = createRegistry({ username: null, password: null, timeoutMs: 3000, ...options.registry });
    this.#codecs = new EventCodecs(this.#registry, this.#topics);
    this.#producer = createRecordProducer(kafka, { timeoutMs: options.publishTimeoutMs ?? 30_000 });
    this.#pending = new PendingRequests(this.#clock, options.maxPending ?? 10_000);
    this.#replies =
      options.requests === false
        ? null
        : createReplyConsumer(kafka, {
            topic: this.#topics.verdicts,
            groupPrefix: options.groupPrefix ?? "provisioning-bridge",
            onReply: (record) => this.#onReply(record),
          });
  }

  async open(): Promise<void> {
    const timeoutMs = this.#options.connectTimeoutMs ?? 30_000;
    const [, , started] = await Promise.all([
      this.#producer.connect(),
      this.#codecs.open(this.#options.events, this.#options.requests !== false),
      this.#replies?.start(timeoutMs),
    ]);
    this.#replyPartition = started?.partition ?? 0;
  }

  async publish<Id extends EventId>(
    event: BillingEvent<Id>,
  ): Promise<RecordPosition & { topic: string; ceId: string }> {
    const checked = checkEvent(event, this.#options.source);
    if (checked.key === null) {
      throw new BridgeError(
        "DATA_INVALID",
        `${checked.type.id}: a fact needs the object's id (data.id): only what is asked before a create has none`,
      );
    }
    const topic = this.#topics.facts[checked.type.entity];
    const value = this.#codecs.fact(checked.type).encode(checked.data);
    const position = await this.#producer.send({
      topic,
      key: checked.key,
      value,
      headers: eventHeaders(checked.headers),
    });
    return { ...position, topic, ceId: checked.headers.id };
  }

  async request<Id extends EventId>(
    event: BillingEvent<Id>,
    options: RequestOptions = {},
  ): Promise<RequestVerdict<EventDataById[Id]>> {
    const startMs = this.#clock.monotonicMs();
    const onSilence = options.onSilence ?? this.#options.onSilence;
    if (onSilence === undefined) {
      throw new BridgeError(
        "USAGE",
        "state what decides when no verdict comes: onSilence, per request or for the client",
      );
    }
    const deadlineMs = this.#deadline(options.deadlineMs);
    const checked = checkEvent(event, this.#options.source);
    const topic = this.#topics.before[checked.type.entity];
    if (!checked.type.before || topic === undefined) {
      throw new BridgeError(
        "USAGE",
        `${checked.type.id} has no before stage: it only tells what happened; use publish`,
      );
    }
    if (this.#replies === null)
      throw new BridgeError("USAGE", "this client was made to publish only (requests: false)");
    if (this.#closing !== null) throw new BridgeError("CLOSED", "the billing client is closed");

    const operationId = options.operationId ?? randomUUID();
    const context: RequestContext = {
      data: checked.data,
      operationId,
      attempt: options.attempt ?? 1,
      baseVersion: options.baseVersion ?? null,
      onSilence,
    };
    const elapsed = (): number => Math.round(this.#clock.monotonicMs() - startMs);
    // Encoding needs the codec, which `open` looked up: no wait here depends on the registry.
    const value = this.#codecs.request(checked.type).encode(checked.data);
    if (this.#pending.full)
      return typed(silentVerdict(context, "pending-full", "too many requests wait already", elapsed()));

    const correlationId = randomBytes(16);
    const id = correlationId.toString("hex");
    let unsent: string | null = null;
    const reply = new Promise<Reply | null>((resolve) =>
      this.#pending.add(id, startMs + deadlineMs - this.#clock.monotonicMs(), resolve),
    );
    this.#producer
      .send({
        topic,
        key: checked.key ?? operationId,
        value,
        headers: requestHeaders({
          ...checked.headers,
          correlationId,
          replyTopic: this.#topics.verdicts,
          replyPartition: this.#replyPartition,
          operationId,
          attempt: context.attempt,
          deadlineMs: Math.round(this.#clock.epochMs() + deadlineMs),
          budgetMs: deadlineMs,
          baseVersion: options.baseVersion,
        }),
      })
      .catch((error: unknown) => {
        unsent = error instanceof Error ? error.message : String(error);
        this.#pending.silence(id);
      });
    const answered = await reply;
    if (answered === null) return typed(silentVerdict(context, "silence", unsent, elapsed()));
    // What is left of the deadline bounds reading the reply too: its schema might have to be looked up.
    const reading = await readReply(
      this.#registry,
      answered.record,
      createHash("sha256").update(value).digest("hex"),
      context,
      {
        clock: this.#clock,
        untilMs: startMs + deadlineMs,
      },
    );
    if (reading.kind === "unusable") {
      this.#counts.unreadable++;
      return typed(silentVerdict(context, "silence", reading.detail, elapsed()));
    }
    return typed(verdictOf(context, reading.verdict, elapsed()));
  }

  ready(): boolean {
    return this.#producer.ready() && (this.#replies?.ready() ?? true) && this.#closing === null;
  }

  counts(): BillingClientCounts {
    return { pending: this.#pending.size, ...this.#counts };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#pending.silenceAll();
    await Promise.all([this.#producer.close(closeMs), this.#replies?.stop(closeMs)]);
  }

  #deadline(given: number | undefined): number {
    const deadlineMs = given ?? this.#options.deadlineMs ?? 1500;
    if (!Number.isFinite(deadlineMs) || deadlineMs < 1 || deadlineMs > maxDeadlineMs) {
      throw new BridgeError("USAGE", `deadlineMs must be 1 to ${maxDeadlineMs} milliseconds`);
    }
    return deadlineMs;
  }

  #onReply(record: InboundRecord): void {
    const correlationId = correlationOf(record);
    const fingerprint = record.value === null ? "" : createHash("sha256").update(record.value).digest("base64");
    const end = correlationId === null ? "unknown" : this.#pending.settle(correlationId, { record }, fingerprint);
    if (end === "answered") return;
    if (end === "unknown") this.#counts.foreign++;
    else this.#counts[end]++;
  }
}

function correlationOf({ headers }: InboundRecord): string | null {
  const value = headers["kafka_correlationId"];
  return Buffer.isBuffer(value) ? value.toString("hex") : null;
}

/** The verdict's data has the type of the event that was asked about: same schema, same shape. */
function typed<D>(verdict: RequestVerdict): RequestVerdict<D> {
  return verdict as unknown as RequestVerdict<D>;
}
