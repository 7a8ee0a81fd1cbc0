import { hash, randomUUID } from "node:crypto";
import type { KafkaClient } from "../kafka/connection/client.ts";
import { createPartitionTail, type PartitionTail } from "../kafka/consume/partition-tail.ts";
import type { RecordProducer } from "../kafka/produce/producer.ts";
import { requestHeaders } from "../kafka/records/headers.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import { subjectOf, verdictSchema } from "../kafka/registry/schemas.ts";
import type { Clock } from "../model/clock.ts";
import { bounded } from "../model/deadline.ts";
import { type InboundRecord, lastHeader } from "../model/record.ts";
import type { TopicNames } from "../model/topics.ts";
import type { Verdict } from "../model/verdict.ts";
import type { CheckedRequest } from "./check-request.ts";
import type { AboutRequest, ClientEvents } from "./client-events.ts";
import type { EventCodecs } from "./event-codecs.ts";
import { PendingRequests, type ReplyEnd } from "./pending-requests.ts";
import { readReply } from "./read-reply.ts";

export interface AskedParts {
  readonly client: KafkaClient;
  readonly registry: Registry;
  readonly producer: RecordProducer;
  readonly codecs: EventCodecs;
  readonly topics: TopicNames;
  readonly events: ClientEvents;
  readonly clock: Clock;
  readonly groupPrefix: string;
  readonly maxPending: number;
}

/** A request under way: what is asked, since when, until when (monotonic milliseconds). */
export interface Asking extends CheckedRequest {
  readonly value: Buffer;
  readonly startMs: number;
  readonly untilMs: number;
  readonly about: AboutRequest;
  /** What was wrong with the last reply that could not be used. */
  unusable: string | null;
}

/** A reply is held against it before it may end the wait. */
interface Asked {
  readonly asking: Asking;
  /** Of the replies that came, the last one that is being read. */
  lastRead: Promise<void> | null;
}

export type Answer =
  | { readonly kind: "reply"; readonly verdict: Verdict }
  | { readonly kind: "silence" }
  | { readonly kind: "unsent"; readonly error: unknown };

/** The bridge's own replies are read at once; a foreign one may have to wait for the registry, and must not hold them up. */
const turnMs = 50;

/**
 * Requests that were sent and wait for their reply. Three things end the wait, whichever comes first: the reply, the
 * deadline, a record that cannot be sent. The deadline is a timer of this process; everything else is a race against it. A
 * reply that cannot be used ends nothing: anybody who can write to the topic may have written it, and the bridge's own may
 * still come.
 */
export class AskedRequests {
  readonly #parts: AskedParts;
  readonly #pending: PendingRequests<Asked, Verdict>;
  readonly #replies: PartitionTail;
  #replyPartition = 0;

  constructor(parts: AskedParts) {
    const { client, clock, groupPrefix, maxPending, topics } = parts;
    this.#parts = parts;
    this.#pending = new PendingRequests(clock, maxPending);
    this.#replies = createPartitionTail(client, {
      topic: topics.verdicts,
      groupPrefix,
      onRecord: (record) => this.#onReply(record),
    });
  }

  /** Resolves when every reply written from now on will be seen. */
  async open(timeoutMs: number): Promise<void> {
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
  get size(): number {
    return this.#pending.size;
  }

  get full(): boolean {
    return this.#pending.full;
  }

  /** What waits ends in silence at once. */
  silenceAll(): void {
    this.#pending.silenceAll();
  }

  close(deadlineMs: number): Promise<void> {
    return this.#replies.stop(deadlineMs);
  }

  /** Sends the request; resolves at `untilMs` at the latest. Not when `full`. */
  async ask(asking: Asking): Promise<Answer> {
    const { topic, event, context, value, untilMs } = asking;
    const { clock, producer, topics } = this.#parts;
    // Random as randomBytes(16) is, and made of random numbers that Node draws for many at once.
    const id = randomUUID().replaceAll("-", "");
    const correlationId = Buffer.from(id, "hex");
    const leftMs = untilMs - clock.monotonicMs();
    let unsent: { readonly error: unknown } | null = null;
    const reply = new Promise<Verdict | null>((resolve) => {
      this.#pending.add(id, { asking, lastRead: null }, leftMs, resolve);
    });
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
    if (verdict !== null) return { kind: "reply", verdict };
    // Written by the handler above, which the compiler does not follow.
    const failure = unsent as { readonly error: unknown } | null;
    return failure === null ? { kind: "silence" } : { kind: "unsent", error: failure.error };
  }

  #onReply(record: InboundRecord): void {
    const id = lastHeader(record.headers, "kafka_correlationId")?.toString("hex");
    const asked = id === undefined ? null : this.#pending.about(id);
    if (id !== undefined && asked !== null) asked.lastRead = this.#read(id, asked.asking, record, asked.lastRead);
    else this.#tellOf(record, id === undefined ? "foreign" : this.#pending.unawaited(id, fingerprintOf(record)));
  }

  /** Never rejects. Of two verdicts the first in the log counts, though an allow with data takes longer to read than a forbid. */
  async #read(id: string, asking: Asking, record: InboundRecord, before: Promise<void> | null): Promise<void> {
    const { clock, codecs, events, registry } = this.#parts;
    const { about, context, event, untilMs, value } = asking;
    const dataHash = hash("sha256", value);
    const { schemaId } = codecs.request(event.type);
    // What is left of the deadline bounds reading the reply too: its schema might have to be looked up.
    const reading = await readReply(registry, record, { ...context, dataHash, schemaId }, { clock, untilMs });
    if (before !== null) await bounded(before, turnMs, clock);
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
  return hash("sha256", value ?? "");
}
