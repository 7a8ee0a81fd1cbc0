import type { KafkaMessage } from "kafkajs";
import type { HeaderValue, InboundRecord, RecordHeaders, TopicPartition } from "../../model/record.ts";
import type { FetchedMessage } from "../protocol/fetched-record.ts";
import { unreadableHeader } from "../protocol/unreadable-header.ts";

type Message = KafkaMessage & Partial<FetchedMessage>;

/**
 * The messages of a batch. Where kafkajs read it itself, many stand in for a batch that cannot be read: the last one stays, it
 * says it all.
 */
export function inboundRecords(at: TopicPartition, messages: readonly Message[]): readonly InboundRecord[] {
  const told = messages.filter((message, place) => {
    const next = messages[place + 1];
    return next === undefined || !standsIn(message) || !standsIn(next) || !sameValue(message, next);
  });
  return told.map((message) => inboundRecord(at, message));
}

function sameValue(left: KafkaMessage, right: KafkaMessage): boolean {
  return left.value !== null && right.value !== null && left.value.equals(right.value);
}

function standsIn({ headers, ownMemory }: Message): boolean {
  return ownMemory !== true && headers !== undefined && Object.hasOwn(headers, unreadableHeader);
}

/**
 * A message as the rooms see it, in memory of its own: what kafkajs reads itself are slices of the whole answer to
 * a fetch, up to 10 MiB, which one record that waits for its retry would otherwise hold.
 */
export function inboundRecord({ topic, partition }: TopicPartition, message: Message): InboundRecord {
  const { key, value, offset, timestamp, headers = {} } = message;
  if (message.ownMemory === true) {
    return { topic, partition, offset: Number(offset), timestampMs: timeOf(timestamp), key, value, headers };
  }
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestampMs: timeOf(timestamp),
    key: message.key === null ? null : Buffer.from(message.key),
    value: message.value === null ? null : Buffer.from(message.value),
    headers: copied(message.headers),
  };
}

/** As Kafka writes where there is no time. */
const noTime = -1;
/** ECMAScript's own bound of a time, and below what a number can hold exactly. */
const furthestMs = 8.64e15;

/** Any producer may write any 64 bits for a time; one that no calendar has could stand in no dead letter, and would be tried for ever. */
function timeOf(timestamp: string): number {
  const ms = Number(timestamp);
  return Math.abs(ms) <= furthestMs ? ms : noTime;
}

function copied(headers: KafkaMessage["headers"]): RecordHeaders {
  // Without a prototype, so that a header named like one of its properties is a header like any other.
  const copy = Object.create(null) as Record<string, HeaderValue>;
  for (const [name, value] of Object.entries(headers ?? {})) {
    // A header may be null on the wire, which the types of kafkajs do not say.
    if (Array.isArray(value)) copy[name] = value.filter((one) => (one as unknown) !== null).map((one) => bytes(one));
    else if ((value as unknown) !== null && value !== undefined) copy[name] = bytes(value);
  }
  return copy;
}

function bytes(value: Buffer | string): Buffer {
  return Buffer.from(value as Buffer);
}
