import assert from "node:assert/strict";
import { lastHeader } from "../../src/model/record.ts";
import type { FreshTopics } from "./fresh-topics.ts";
import type { SinkCall } from "./sink.ts";

/** An event that was published and acknowledged. */
export interface Sent {
  readonly ceId: string;
  readonly key: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** One attempt, as the handler wrote it down; a list of them is in the order in which they came. */
export interface Arrival {
  readonly ceId: string;
  readonly webhookId: string;
  /** topic/partition/offset, as the bridge names the record. */
  readonly sequence: string;
  /** What it was answered with; null: never. */
  readonly answered: number | null;
}

/** What was sent and what one handler received, held against each other. */
export interface Account {
  readonly events: number;
  readonly attempts: number;
  /** Deliveries beyond the first of their event. */
  readonly repeated: number;
  /** Events that ended nowhere: neither delivered nor dead-lettered. */
  readonly lost: readonly string[];
  readonly outOfOrder: readonly string[];
  /** Events that came under several webhook-ids, from a place in the log that is not theirs, or that nobody sent. */
  readonly mistaken: readonly string[];
}

export interface AccountOptions {
  /** Events whose dead letter stands in the log: they need not be delivered. */
  readonly letters?: ReadonlySet<string>;
  /** Events whose publication was not acknowledged: they may have come, and need not. */
  readonly uncertain?: ReadonlySet<string>;
}

export function accountOf(
  sent: readonly Sent[],
  arrivals: readonly Arrival[],
  { letters = new Set(), uncertain = new Set() }: AccountOptions = {},
): Account {
  const delivered = arrivals.filter(isDelivered);
  const arrived = new Set(delivered.map(({ ceId }) => ceId));
  return {
    events: sent.length,
    attempts: arrivals.length,
    repeated: delivered.length - arrived.size,
    lost: sent.flatMap(({ ceId, key, partition, offset }) =>
      arrived.has(ceId) || letters.has(ceId) ? [] : [`${ceId} of ${key} at ${partition}/${offset}`],
    ),
    outOfOrder: [...disorder(sent, arrivals, letters)],
    mistaken: [...mistakes(sent, arrivals, uncertain)],
  };
}

/** What an account does not keep of the promises; empty when all is well. `maxRepeated`: a share of the events. */
export function whyBroken(account: Account, maxRepeated: number): readonly string[] {
  const { events, lost, mistaken, outOfOrder, repeated } = account;
  return [
    ...(lost.length > 0 ? [`${lost.length} of ${events} events were lost: ${lost.slice(0, 5).join(", ")}`] : []),
    ...outOfOrder.slice(0, 5),
    ...mistaken.slice(0, 5),
    ...(repeated > maxRepeated * events ? [`${repeated} of ${events} events were repeated`] : []),
  ];
}

/**
 * First arrivals of a key come in the order in which its records stand in the log, and no event is tried any more once
 * a newer one of its key was delivered before it. (A repetition may arrive late: after an unplanned loss of a partition
 * one attempt of a key may, and `bridge-sequence` tells it.)
 */
function* disorder(sent: readonly Sent[], arrivals: readonly Arrival[], letters: ReadonlySet<string>) {
  const places = new Map(sent.map((event) => [event.ceId, event]));
  const seen = new Set<string>();
  const newest = new Map<string, number>();
  const delivered = new Set<string>(letters);
  const newestDelivered = new Map<string, number>();
  for (const arrival of arrivals) {
    const event = places.get(arrival.ceId);
    if (event === undefined) continue;
    const lane = `${event.topic} ${event.key}`;
    if (!delivered.has(event.ceId) && (newestDelivered.get(lane) ?? -1) >= event.offset) {
      yield `an event of ${lane} was tried after a newer one: ${event.offset}`;
    }
    if (isDelivered(arrival)) {
      delivered.add(event.ceId);
      newestDelivered.set(lane, Math.max(newestDelivered.get(lane) ?? -1, event.offset));
    }
    if (seen.has(event.ceId)) continue;
    seen.add(event.ceId);
    if ((newest.get(lane) ?? -1) >= event.offset) yield `an event of ${lane} overtook another: ${event.offset}`;
    newest.set(lane, Math.max(newest.get(lane) ?? -1, event.offset));
  }
}

function* mistakes(sent: readonly Sent[], arrivals: readonly Arrival[], uncertain: ReadonlySet<string>) {
  const places = new Map(sent.map((event) => [event.ceId, event]));
  const ids = new Map<string, string>();
  for (const { ceId, sequence, webhookId } of arrivals) {
    const first = ids.get(ceId);
    if (first === undefined) ids.set(ceId, webhookId);
    else if (first !== webhookId) yield `${ceId} came under several webhook-ids`;
    const event = places.get(ceId);
    if (event === undefined) {
      if (!uncertain.has(ceId)) yield `${ceId} came and was never sent`;
    } else if (sequence !== `${event.topic}/${event.partition}/${event.offset}`) {
      yield `${ceId} stands at ${event.partition}/${event.offset} and came as ${sequence}`;
    }
  }
}

/**
 * What was sent and what arrived, written down by those who sent and received it, and held against each other at the end:
 * none lost, order per key, repetitions only under the same id and only so many, committed to the end.
 */
export class Ledger {
  readonly #sent: Sent[] = [];

  sent(key: string, published: Omit<Sent, "key">): void {
    this.#sent.push({ key, ...published });
  }

  get size(): number {
    return this.#sent.length;
  }

  /** Whether every event has been answered with a 2xx at least once. */
  complete(calls: readonly SinkCall[]): boolean {
    const arrived = new Set(
      calls
        .map(arrivalOf)
        .filter(isDelivered)
        .map(({ ceId }) => ceId),
    );
    return this.#sent.every(({ ceId }) => arrived.has(ceId));
  }

  /** `maxRepeated`: the share of events that may have been delivered more than once. */
  check(calls: readonly SinkCall[], maxRepeated: number): void {
    assert.deepEqual(whyBroken(this.account(calls), maxRepeated), []);
  }

  account(calls: readonly SinkCall[]): Account {
    // Other ledgers may share the handler.
    const own = new Set(this.#sent.map(({ ceId }) => ceId));
    const arrivals = calls.map(arrivalOf).filter(({ ceId }) => own.has(ceId));
    return accountOf(this.#sent, arrivals);
  }

  /** The group has committed everything that stands in the log of the topics used. */
  committedToTheEnd(topics: FreshTopics, groupId: string): Promise<boolean> {
    return committedToTheEnd(topics, groupId, [...new Set(this.#sent.map(({ topic }) => topic))]);
  }
}

/** The group has committed everything that stands in the log of these topics. */
export async function committedToTheEnd(
  topics: FreshTopics,
  groupId: string,
  names: readonly string[],
): Promise<boolean> {
  const committed = await topics.admin.fetchOffsets({ groupId, topics: [...names] });
  for (const { topic, partitions } of committed) {
    for (const end of await topics.admin.fetchTopicOffsets(topic)) {
      const own = partitions.find(({ partition }) => partition === end.partition);
      if (Number(own?.offset ?? -1) !== Number(end.high)) return false;
    }
  }
  return true;
}

function isDelivered({ answered }: Arrival): boolean {
  return answered !== null && answered >= 200 && answered < 300;
}

function arrivalOf({ answered, headers }: SinkCall): Arrival {
  const text = (name: string): string => lastHeader(headers, name)?.toString() ?? "";
  return { ceId: text("ce-id"), webhookId: text("webhook-id"), sequence: text("bridge-sequence"), answered };
}
