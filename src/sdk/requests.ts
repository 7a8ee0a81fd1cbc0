import { createHash, randomBytes } from "node:crypto";
import { BridgeError, messageOf } from "../errors.ts";
import type { KafkaClient } from "../kafka/connection/client.ts";
import { createPartitionTail, type PartitionTail } from "../kafka/consume/partition-tail.ts";
import type { RecordProducer } from "../kafka/produce/producer.ts";
import { requestHeaders } from "../kafka/records/headers.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import { subjectOf, verdictSchema } from "../kafka/registry/schemas.ts";
import type { Clock } from "../model/clock.ts";
import { type InboundRecord, lastHeader } from "../model/record.ts";
import type { TopicNames } from "../model/topics.ts";
import type { Verdict } from "../model/verdict.ts";
import type { BillingEvent } from "./billing-event.ts";
import { BridgesWatch } from "./bridges-watch.ts";
import { type CheckedRequest, checkRequest } from "./check-request.ts";
import type { AboutRequest, ClientEvents } from "./client-events.ts";
import type { BillingClientOptions, RequestOptions } from "./client-options.ts";
import { CoreBreaker, type Passage } from "./core-breaker.ts";
import type { EventCodecs } from "./event-codecs.ts";
import { PendingRequests, type ReplyEnd } from "./pending-requests.ts";
import { readReply } from "./read-reply.ts";
import { type RequestVerdict, silentVerdict, verdictOf } from "./request-verdict.ts";

export interface RequestParts {
  readonly options: BillingClientOptions;
  readonly client: KafkaClient;
  readonly registry: Registry;
  readonly producer: RecordProducer;
  readonly codecs: EventCodecs;
  readonly topics: TopicNames;
  readonly events: ClientEvents;
  readonly clock: Clock;
}

/** A request under way: what is asked, since when, until when (monotonic milliseconds). */
interface Asking extends CheckedRequest {
  readonly value: Buffer;
  readonly startMs: number;
  readonly untilMs: number;
  readonly about: AboutRequest;
  /** What was wrong with the last reply that could not be used. */
  unusable: string | null;
}

const usualSilences = 5;

/**
 * Requests and their verdicts. Three things end a request that was asked, whichever comes first: its reply, its deadline, a
 * record that cannot be sent. The deadline is a timer of this process and starts with the call; everything else is a race
 * against it. A reply that cannot be used ends nothing: anybody who can write to the topic may have written it, and the bridge's own
 * may still come. Three things end a request before it is asked: no bridge has a handler, too many wait, the bridge fell silent.
 */
export class Requests {
  readonly #parts: RequestParts;
  readonly #pending: PendingRequests<Verdict>;
  /** What waits, by correlation id: a reply is held against it before it may end the wait. */
  readonly #asked = new Map<string, Asking>();
  readonly #replies: PartitionTail;
  readonly #bridges: BridgesWatch | null;
  readonly #breaker: CoreBreaker;
  #replyPartition = 0;
  #closing = false;

  constructor(parts: RequestParts) {
    const { client, clock, options, registry, topics } = parts;
    const groupPrefix = options.groupPrefix ?? "provisioning-bridge";
    this.#parts = parts;
    this.#pending = new PendingRequests(clock, options.maxPending ?? 10_000);
    this.#breaker = new CoreBreaker(options.breakerSilences ?? usualSilences, options.breakerProbeMs ?? 1000);
    this.#replies = createPartitionTail(client, {
      topic: topics.verdicts,
      groupPrefix,
      onRecord: (record) => this.#onReply(record),
    });
    const windowMs = options.heardWithinMs ?? 2000;
    this.#bridges =
      options.skipWithoutHandlers === false
        ? null
        : new BridgesWatch({ client, registry, topic: topics.bridges, groupPrefix, windowMs, clock });
  }

  /** Resolves when every reply written from now on will be seen. */
  async open(timeoutMs: number): Promise<void> {
    this.#bridges?.start();
    const { registry, topics } = this.#parts;
    // Looked up now, so that no verdict has to wait for the registry. A bridge of another version may use another schema.
    const prepared = registry
      .recordBySchema(subjectOf(topics.verdicts, verdictSchema.record), verdictSchema.text)
      .catch(() => undefined);
    [{ partition: this.#replyPartition }] = await Promise.all([this.#replies.start(timeoutMs), prepared]);
  }

  ready(): boolean {
    return this.#replies.ready();
  }

  /** How many wait. */
  get pending(): number {
    return this.#pending.size;
  }

  /** What waits is answered by its `onSilence` at once. */
  silenceAll(): void {
    this.#closing = true;
    this.#pending.silenceAll();
  }

  async close(deadlineMs: number): Promise<void> {
    await Promise.all([this.#replies.stop(deadlineMs), this.#bridges?.close(deadlineMs)]);
  }

  /** As BillingClient.request. */
  async ask(event: BillingEvent, own: RequestOptions): Promise<RequestVerdict> {
    const { clock, codecs, events, options, topics } = this.#parts;
    const startMs = clock.monotonicMs();
    const checked = checkRequest(event, own, options, topics);
    const { context } = checked;
    // The codec was looked up when the client was made: no wait here depends on the registry.
    const value = codecs.request(checked.event.type).encode(checked.event.data);
    const about = { eventId: checked.event.type.id, operationId: context.operationId, attempt: context.attempt };
    const untilMs = startMs + checked.deadlineMs;
    const asking: Asking = { ...checked, value, startMs, untilMs, about, unusable: null };
    const verdict = await this.#decide(asking);
    const { changed, decidedBy, decision, handler, ms } = verdict;
    events.tell("verdict", { ...about, decision, decidedBy, handler, changed, ms });
    return verdict;
  }

  async #decide(asking: Asking): Promise<RequestVerdict> {
    const { clock, events } = this.#parts;
    const { about, context } = asking;
    if (this.#bridges?.noneHas(about.eventId) === true) {
      events.tell("no-handler-skip", about);
      return { ...silentVerdict(context, "no-handler", null, this.#elapsed(asking)), decision: "allow" };
    }
    if (this.#pending.full) {
      events.tell("pending-full", about);
      return silentVerdict(context, "pending-full", "too many requests wait already", this.#elapsed(asking));
    }
    const passage = this.#breaker.admit(clock.monotonicMs());
    if (passage === null) {
      events.tell("core-breaker", about);
      return silentVerdict(context, "core-breaker", "the bridge has fallen silent", this.#elapsed(asking));
    }
    const answer = await this.#send(asking);
    if (answer.kind === "reply") {
      const openMs = this.#breaker.answered(clock.monotonicMs());
      if (openMs !== null) events.tell("core-breaker-closed", { openMs: Math.round(openMs) });
      return verdictOf(context, answer.verdict, this.#elapsed(asking));
    }
    const why = answer.kind === "unsent" ? messageOf(answer.error) : asking.unusable;
    events.tell("silence", { ...about, why });
    if (answer.kind === "silence" || isNoFaultOfData(answer.error)) this.#onSilence(passage);
    return silentVerdict(context, "silence", why, this.#elapsed(asking));
  }

  #onSilence(passage: Passage): void {
    const { clock, events, options } = this.#parts;
    // What closing ends says nothing about the bridge.
    if (this.#closing || !this.#breaker.silent(passage, clock.monotonicMs())) return;
    events.tell("core-breaker-opened", { silences: options.breakerSilences ?? usualSilences });
  }

  async #send(asking: Asking): Promise<Answer> {
    const { topic, event, context, value, untilMs } = asking;
    const { clock, producer, topics } = this.#parts;
    const correlationId = randomBytes(16);
    const id = correlationId.toString("hex");
    const leftMs = untilMs - clock.monotonicMs();
    let unsent: { readonly error: unknown } | null = null;
    const reply = new Promise<Verdict | null>((resolve) => this.#pending.add(id, leftMs, resolve));
    this.#asked.set(id, asking);
    const headers = requestHeaders({
      ...event.headers,
      correlationId,
      replyTopic: topics.verdicts,
      replyPartition: this.#replyPartition,
      operationId: context.operationId,
      attempt: context.attempt,
      deadlineMs: Math.floor(clock.epochMs() + leftMs),
      budgetMs: Math.floor(leftMs),
      ...(context.baseVersion === null ? {} : { baseVersion: context.baseVersion }),
    });
    producer.send({ topic, key: event.key ?? context.operationId, value, headers }).catch((error: unknown) => {
      unsent = { error };
      this.#pending.silence(id);
    });
    const verdict = await reply;
    this.#asked.delete(id);
    if (verdict !== null) return { kind: "reply", verdict };
    // Written by the handler above, which the compiler does not follow.
    const failure = unsent as { readonly error: unknown } | null;
    return failure === null ? { kind: "silence" } : { kind: "unsent", error: failure.error };
  }

  #elapsed({ startMs }: Asking): number {
    return Math.round(this.#parts.clock.monotonicMs() - startMs);
  }

  #onReply(record: InboundRecord): void {
    const correlationId = lastHeader(record.headers, "kafka_correlationId")?.toString("hex");
    const asking = correlationId === undefined ? undefined : this.#asked.get(correlationId);
    if (correlationId !== undefined && asking !== undefined) void this.#read(correlationId, asking, record);
    else
      this.#tellOf(
        record,
        correlationId === undefined ? "foreign" : this.#pending.after(correlationId, fingerprintOf(record)),
      );
  }

  /** Never rejects. */
  async #read(id: string, asking: Asking, record: InboundRecord): Promise<void> {
    const { clock, codecs, events, registry } = this.#parts;
    const { about, context, event, untilMs, value } = asking;
    const dataHash = createHash("sha256").update(value).digest("hex");
    const { schemaId } = codecs.request(event.type);
    // What is left of the deadline bounds reading the reply too: its schema might have to be looked up.
    const reading = await readReply(registry, record, { ...context, dataHash, schemaId }, { clock, untilMs });
    if (reading.kind === "verdict") {
      this.#tellOf(record, this.#pending.settle(id, reading.verdict, fingerprintOf(record)));
      return;
    }
    asking.unusable = reading.detail;
    events.tell("unreadable", { ...about, why: reading.detail });
  }

  #tellOf(record: InboundRecord, end: ReplyEnd): void {
    if (end !== "answered") this.#parts.events.tell(end, { operationId: record.key?.toString() ?? null });
  }
}

/** Tells an equal repetition from a contradiction. */
function fingerprintOf({ value }: InboundRecord): string {
  return createHash("sha256")
    .update(value ?? "")
    .digest("base64");
}

type Answer =
  | { readonly kind: "reply"; readonly verdict: Verdict }
  | { readonly kind: "silence" }
  | { readonly kind: "unsent"; readonly error: unknown };

/** A record that is too large says something about its data, and nothing about bridge or broker. */
function isNoFaultOfData(error: unknown): boolean {
  return !(error instanceof BridgeError && error.code === "RECORD_TOO_LARGE");
}
