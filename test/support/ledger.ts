import assert from "node:assert/strict";
import { lastHeader } from "../../src/model/record.ts";
import type { FreshTopics } from "./fresh-topics.ts";
import type { SinkCall } from "./sink.ts";

/** An event that was published and acknowledged. */
interface Sent {
  readonly ceId: string;
  readonly key: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
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
    const arrived = new Set(calls.filter(isDelivered).map(ceIdOf));
    return this.#sent.every(({ ceId }) => arrived.has(ceId));
  }

  /** `maxRepeated`: the share of events that may have been delivered more than once. */
  check(calls: readonly SinkCall[], maxRepeated: number): void {
    const delivered = calls.filter(isDelivered);
    const arrived = new Set(delivered.map(ceIdOf));
    const lost = this.#sent.filter(({ ceId }) => !arrived.has(ceId));
    assert.deepEqual(lost, [], `${lost.length} of ${this.#sent.length} events were lost`);
    this.#checkOrder(calls);
    const ids = new Map<string, Set<string>>();
    for (const call of delivered) {
      const webhookIds = ids.get(ceIdOf(call)) ?? new Set();
      ids.set(ceIdOf(call), webhookIds.add(String(call.headers["webhook-id"])));
    }
    for (const [ceId, webhookIds] of ids) assert.equal(webhookIds.size, 1, `${ceId} came under several webhook-ids`);
    const repeated = delivered.length - arrived.size;
    assert.ok(repeated <= maxRepeated * this.#sent.length, `${repeated} of ${this.#sent.length} events were repeated`);
  }

  /**
   * First arrivals of a key come in the order in which its records stand in the log, and no event is tried any more once
   * a newer one of its key was delivered before it. (A repetition may arrive late: after an unplanned loss of a partition
   * one attempt of a key may, and `bridge-sequence` tells it.)
   */
  #checkOrder(calls: readonly SinkCall[]): void {
    const places = new Map(this.#sent.map((event) => [event.ceId, event]));
    const seen = new Set<string>();
    const newest = new Map<string, number>();
    const delivered = new Set<string>();
    const newestDelivered = new Map<string, number>();
    for (const call of calls) {
      const event = places.get(ceIdOf(call));
      if (event === undefined) continue;
      const lane = `${event.topic} ${event.key}`;
      if (!delivered.has(event.ceId)) {
        assert.ok((newestDelivered.get(lane) ?? -1) < event.offset, `an event of ${lane} was tried after a newer one`);
      }
      if (isDelivered(call)) {
        delivered.add(event.ceId);
        newestDelivered.set(lane, Math.max(newestDelivered.get(lane) ?? -1, event.offset));
      }
      if (seen.has(event.ceId)) continue;
      seen.add(event.ceId);
      assert.ok((newest.get(lane) ?? -1) < event.offset, `an event of ${lane} overtook another`);
      newest.set(lane, event.offset);
    }
  }

  /** The group has committed everything that stands in the log of the topics used. */
  async committedToTheEnd(topics: FreshTopics, groupId: string): Promise<boolean> {
    const names = [...new Set(this.#sent.map(({ topic }) => topic))];
    const committed = await topics.admin.fetchOffsets({ groupId, topics: names });
    for (const { topic, partitions } of committed) {
      for (const end of await topics.admin.fetchTopicOffsets(topic)) {
        const own = partitions.find(({ partition }) => partition === end.partition);
        if (Number(own?.offset ?? -1) !== Number(end.high)) return false;
      }
    }
    return true;
  }
}

function isDelivered(call: SinkCall): boolean {
  return call.answered !== null && call.answered >= 200 && call.answered < 300;
}

function ceIdOf({ headers }: SinkCall): string {
  return lastHeader(headers, "ce-id")?.toString() ?? "";
}
