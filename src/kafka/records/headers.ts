import { lastHeader, type RecordHeaders } from "../../model/record.ts";

/**
 * The headers of records, both ways (docs/: the wire contract). CloudEvents' binary names for what happened, Spring
 * Kafka's for request and reply, so that a Java core with `ReplyingKafkaTemplate` needs no code of ours.
 * Unknown headers are ignored. Nothing here throws.
 */

export interface EventHeaders {
  /** As it came, aliases included; undefined or empty text is a record nobody can route. */
  readonly type: string | undefined;
  readonly id: string | undefined;
  readonly source: string | undefined;
  readonly time: string | undefined;
  /** Object id, if any. */
  readonly subject: string | undefined;
  readonly traceparent: string | undefined;
}

/** Where a request wants its reply. */
export interface ReplyHeaders {
  /** Copied back byte for byte. */
  readonly correlationId: Buffer | undefined;
  readonly replyTopic: string | undefined;
  readonly replyPartition: number | undefined;
}

export interface RequestHeaders extends ReplyHeaders {
  /** `operation_id`, else `ce_id`, else the correlation id in hex; undefined when there is none of them. */
  readonly operationId: string | undefined;
  /** From 1, which is also what an absent one means. */
  readonly attempt: number;
  /** Milliseconds since 1970 UTC. */
  readonly deadlineMs: number | undefined;
  /** Milliseconds, counted from the record's timestamp. */
  readonly budgetMs: number | undefined;
  readonly baseVersion: string | undefined;
  /** Headers that are malformed and were therefore treated as absent. */
  readonly problems: readonly string[];
}

export const specVersion = "1.0";

export function parseEventHeaders(headers: RecordHeaders): EventHeaders {
  return {
    type: text(headers, "ce_type"),
    id: unquoted(headers, "ce_id"),
    source: text(headers, "ce_source"),
    time: unquoted(headers, "ce_time"),
    subject: text(headers, "ce_subject"),
    traceparent: text(headers, "traceparent"),
  };
}

export function parseReplyHeaders(headers: RecordHeaders, problems: string[] = []): ReplyHeaders {
  return {
    correlationId: lastHeader(headers, "kafka_correlationId"),
    replyTopic: text(headers, "kafka_replyTopic"),
    replyPartition: replyPartition(headers, problems),
  };
}

export function parseRequestHeaders(headers: RecordHeaders): RequestHeaders {
  const problems: string[] = [];
  const number = (name: string, least: number): number | undefined => {
    const written = text(headers, name);
    const value = written === undefined ? undefined : wholeNumber(written);
    if (written !== undefined && (value === undefined || value < least)) {
      problems.push(`${name} is not a whole number from ${least} on`);
      return undefined;
    }
    return value;
  };
  const reply = parseReplyHeaders(headers, problems);
  return {
    ...reply,
    operationId:
      unquoted(headers, "operation_id") ??
      unquoted(headers, "ce_id") ??
      (reply.correlationId?.toString("hex") || undefined),
    attempt: number("attempt", 1) ?? 1,
    deadlineMs: number("deadline_ms", 0),
    budgetMs: number("budget_ms", 0),
    baseVersion: text(headers, "base_version"),
    problems,
  };
}

export interface EventHeaderValues {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  /** ISO 8601. */
  readonly time: string;
  /** Null: no object yet. */
  readonly subject: string | null;
  readonly traceparent?: string | undefined;
}

export interface RequestHeaderValues extends EventHeaderValues {
  readonly correlationId: Buffer;
  readonly replyTopic: string;
  readonly replyPartition: number;
  readonly operationId: string;
  readonly attempt: number;
  readonly deadlineMs: number;
  readonly budgetMs: number;
  readonly baseVersion?: string | undefined;
}

export type OutboundHeaders = Readonly<Record<string, string | Buffer>>;

export function eventHeaders(event: EventHeaderValues): OutboundHeaders {
  return {
    ce_specversion: specVersion,
    ce_id: event.id,
    ce_type: event.type,
    ce_source: event.source,
    ce_time: event.time,
    ...(event.subject === null ? {} : { ce_subject: event.subject }),
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
  };
}

export function requestHeaders(request: RequestHeaderValues): OutboundHeaders {
  return {
    ...eventHeaders(request),
    kafka_correlationId: request.correlationId,
    kafka_replyTopic: request.replyTopic,
    kafka_replyPartition: partitionBytes(request.replyPartition),
    operation_id: request.operationId,
    attempt: String(request.attempt),
    deadline_ms: String(request.deadlineMs),
    budget_ms: String(request.budgetMs),
    ...(request.baseVersion === undefined ? {} : { base_version: request.baseVersion }),
  };
}

/** A reply's headers: the correlation id alone. Foreign headers are never copied back. */
export function replyHeaders(correlationId: Buffer): OutboundHeaders {
  return { kafka_correlationId: correlationId };
}

/** As Spring writes it: 4 bytes big-endian. From 2^24 on the first byte would not be 0, so it is written as text. */
export function partitionBytes(partition: number): Buffer {
  if (!(partition >= 0 && partition < 2 ** 24)) return Buffer.from(String(partition));
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(partition);
  return bytes;
}

function replyPartition(headers: RecordHeaders, problems: string[]): number | undefined {
  const bytes = lastHeader(headers, "kafka_replyPartition");
  if (bytes === undefined) return undefined;
  if (bytes.length === 4 && bytes[0] === 0) return bytes.readUInt32BE();
  const partition = wholeNumber(bytes.toString());
  if (partition === undefined) problems.push("kafka_replyPartition is neither 4 bytes big-endian nor decimal text");
  return partition;
}

/** The last value of a header as text; an empty one counts as absent. */
function text(headers: RecordHeaders, name: string): string | undefined {
  return lastHeader(headers, name)?.toString() || undefined;
}

/** Spring's Message API writes UUID and Instant values as JSON, quotes included. */
function unquoted(headers: RecordHeaders, name: string): string | undefined {
  const written = text(headers, name);
  if (written === undefined || written.length < 2 || !written.startsWith('"') || !written.endsWith('"')) return written;
  return jsonText(written) || undefined;
}

function jsonText(quoted: string): string {
  try {
    const value: unknown = JSON.parse(quoted);
    if (typeof value === "string") return value;
  } catch {
    // Not JSON after all: only the quotes come off.
  }
  return quoted.slice(1, -1);
}

/** Decimal digits only, and small enough to be exact. */
function wholeNumber(written: string): number | undefined {
  if (!/^[0-9]{1,16}$/.test(written)) return undefined;
  const value = Number(written);
  return Number.isSafeInteger(value) ? value : undefined;
}
