import { createHash, randomBytes, randomUUID } from "node:crypto";
import { BridgeError, messageOf } from "../errors.ts";
import type { KafkaClient } from "../kafka/client.ts";
import { requestHeaders } from "../kafka/headers.ts";
import type { RecordProducer } from "../kafka/producer.ts";
import type { Registry } from "../kafka/registry.ts";
import { createReplyConsumer, type ReplyConsumer } from "../kafka/reply-consumer.ts";
import type { Clock } from "../model/clock.ts";
import { type InboundRecord, lastHeader } from "../model/record.ts";
import type { TopicNames } from "../model/topics.ts";
import { type BillingEvent, type CheckedEvent, checkEvent } from "./billing-event.ts";
import type { BillingClientCounts, BillingClientOptions, RequestOptions } from "./client-options.ts";
import type { EventCodecs } from "./event-codecs.ts";
import { PendingRequests } from "./pending-requests.ts";
import { readReply } from "./read-reply.ts";
import { type RequestContext, type RequestVerdict, silentVerdict, verdictOf } from "./request-verdict.ts";

export interface RequestParts {
  readonly options: BillingClientOptions;
  readonly client: KafkaClient;
  readonly registry: Registry;
  readonly producer: RecordProducer;
  readonly codecs: EventCodecs;
  readonly topics: TopicNames;
  readonly clock: Clock;
}

const usualDeadlineMs = 1500;
const maxDeadlineMs = 5000;

/**
 * Requests and their verdicts. Three things end a request, whichever comes first: its reply, its deadline, a record that
 * cannot be sent. The deadline is a timer of this process and starts with the call; everything else is a race against it.
 */
export class Requests {
  readonly #parts: RequestParts;
  readonly #pending: PendingRequests<InboundRecord>;
  readonly #replies: ReplyConsumer;
  readonly #counts = { late: 0, duplicate: 0, conflict: 0, foreign: 0, unreadable: 0 };
  #replyPartition = 0;

  constructor(parts: RequestParts) {
    this.#parts = parts;
    this.#pending = new PendingRequests(parts.clock, parts.options.maxPending ?? 10_000);
    this.#replies = createReplyConsumer(parts.client, {
      topic: parts.topics.verdicts,
      groupPrefix: parts.options.groupPrefix ?? "provisioning-bridge",
      onReply: (record) => this.#onReply(record),
    });
  }

  /** Resolves when every reply written from now on will be seen. */
  async open(timeoutMs: number): Promise<void> {
    this.#replyPartition = (await this.#replies.start(timeoutMs)).partition;
  }

  ready(): boolean {
    return this.#replies.ready();
  }

  counts(): BillingClientCounts {
    return { pending: this.#pending.size, ...this.#counts };
  }

  /** What waits is answered by its `onSilence` at once. */
  silenceAll(): void {
    this.#pending.silenceAll();
  }

  close(deadlineMs: number): Promise<void> {
    return this.#replies.stop(deadlineMs);
  }

  /** As BillingClient.request. */
  async ask(event: BillingEvent, options: RequestOptions): Promise<RequestVerdict> {
    const { clock, codecs, registry } = this.#parts;
    const startMs = clock.monotonicMs();
    const untilMs = startMs + deadlineOf(options.deadlineMs ?? this.#parts.options.deadlineMs);
    const checked = checkEvent(event, this.#parts.options.source);
    const topic = this.#topicOf(checked);
    const context = this.#contextOf(checked, options);
    const elapsed = (): number => Math.round(clock.monotonicMs() - startMs);
    // The codec was looked up when the client was made: no wait here depends on the registry.
    const value = codecs.request(checked.type).encode(checked.data);
    if (this.#pending.full) return silentVerdict(context, "pending-full", "too many requests wait already", elapsed());

    const answer = await this.#send(topic, checked, context, value, untilMs);
    if (answer.kind === "silence") return silentVerdict(context, "silence", answer.why, elapsed());
    // What is left of the deadline bounds reading the reply too: its schema might have to be looked up.
    const dataHash = createHash("sha256").update(value).digest("hex");
    const reading = await readReply(registry, answer.record, dataHash, context, { clock, untilMs });
    if (reading.kind === "verdict") return verdictOf(context, reading.verdict, elapsed());
    this.#counts.unreadable++;
    return silentVerdict(context, "silence", reading.detail, elapsed());
  }

  async #send(
    topic: string,
    checked: CheckedEvent,
    context: RequestContext,
    value: Buffer,
    untilMs: number,
  ): Promise<Answer> {
    const { clock, producer, topics } = this.#parts;
    const correlationId = randomBytes(16);
    const id = correlationId.toString("hex");
    const leftMs = untilMs - clock.monotonicMs();
    let unsent: string | null = null;
    const reply = new Promise<InboundRecord | null>((resolve) => this.#pending.add(id, leftMs, resolve));
    const headers = requestHeaders({
      ...checked.headers,
      correlationId,
      replyTopic: topics.verdicts,
      replyPartition: this.#replyPartition,
      operationId: context.operationId,
      attempt: context.attempt,
      deadlineMs: Math.floor(clock.epochMs() + leftMs),
      budgetMs: Math.floor(leftMs),
      ...(context.baseVersion === null ? {} : { baseVersion: context.baseVersion }),
    });
    producer.send({ topic, key: checked.key ?? context.operationId, value, headers }).catch((error: unknown) => {
      unsent = messageOf(error);
      this.#pending.silence(id);
    });
    const record = await reply;
    return record === null ? { kind: "silence", why: unsent } : { kind: "reply", record };
  }

  #topicOf({ type }: CheckedEvent): string {
    const topic = this.#parts.topics.before[type.entity];
    if (type.before && topic !== undefined) return topic;
    throw new BridgeError("USAGE", `${type.id} has no before stage: it only tells what happened; use publish`);
  }

  #contextOf({ data }: CheckedEvent, options: RequestOptions): RequestContext {
    const onSilence = options.onSilence ?? this.#parts.options.onSilence;
    if (onSilence === undefined) {
      throw new BridgeError(
        "USAGE",
        "state what decides when no verdict comes: onSilence, per request or for the client",
      );
    }
    const attempt = options.attempt ?? 1;
    if (!Number.isSafeInteger(attempt) || attempt < 1)
      throw new BridgeError("USAGE", "attempt must be a whole number from 1 on");
    return {
      data,
      onSilence,
      attempt,
      operationId: options.operationId ?? randomUUID(),
      baseVersion: options.baseVersion ?? null,
    };
  }

  #onReply(record: InboundRecord): void {
    const correlationId = lastHeader(record.headers, "kafka_correlationId")?.toString("hex");
    const fingerprint = createHash("sha256")
      .update(record.value ?? "")
      .digest("base64");
    const end = correlationId === undefined ? "unknown" : this.#pending.settle(correlationId, record, fingerprint);
    if (end === "unknown") this.#counts.foreign++;
    else if (end !== "answered") this.#counts[end]++;
  }
}

type Answer =
  | { readonly kind: "reply"; readonly record: InboundRecord }
  | { readonly kind: "silence"; readonly why: string | null };

function deadlineOf(givenMs: number | undefined): number {
  const deadlineMs = givenMs ?? usualDeadlineMs;
  if (Number.isFinite(deadlineMs) && deadlineMs >= 1 && deadlineMs <= maxDeadlineMs) return deadlineMs;
  throw new BridgeError("USAGE", `deadlineMs must be 1 to ${maxDeadlineMs} milliseconds`);
}
