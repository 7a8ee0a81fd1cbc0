import type { OutboundRecord } from "../../model/record.ts";

/** A record that waits for its acknowledgement. Resolving or rejecting it twice is harmless: the first counts. */
export interface Queued {
  readonly record: OutboundRecord;
  /** Of its record (`sizeOf`). */
  readonly bytes: number;
  /** Where it goes, once that has been chosen: the same over all its retries. */
  partition?: number | undefined;
  /** Monotonic time after which nobody waits for it any more. */
  readonly giveUpAtMs: number;
  readonly resolve: (position: { readonly partition: number; readonly offset: number }) => void;
  readonly reject: (error: Error) => void;
}

/** What one batch may hold: bytes of one topic, and so at most that much of a partition; and records in all. */
export const maxTopicBytes: number = 512 * 1024;
const maxBatchRecords = 2000;

/** What waits to be sent, first in, first out, within bounds. */
export class SendQueue {
  /** Undefined where one was taken: what is left here grows old, and so would all that it holds. */
  #items: (Queued | undefined)[] = [];
  #first = 0;
  #bytes = 0;
  readonly #maxRecords: number;
  readonly #maxBytes: number;

  constructor(maxRecords: number, maxBytes: number) {
    this.#maxRecords = maxRecords;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#items.length - this.#first;
  }

  /** As much waits as goes into one batch, about. */
  get fillsBatch(): boolean {
    return this.size >= maxBatchRecords || this.#bytes >= maxTopicBytes;
  }

  /** Returns false, and takes nothing, when the queue has no room. A single record always fits into an empty queue. */
  add(queued: Queued): boolean {
    const { bytes } = queued;
    if (this.size > 0 && (this.size >= this.#maxRecords || this.#bytes + bytes > this.#maxBytes)) return false;
    this.#items.push(queued);
    this.#bytes += bytes;
    return true;
  }

  /**
   * The next batch: as many as fit, in order; a record larger than a batch goes alone. It stops at the first that does
   * not fit, because skipping it would let newer records of its key overtake it.
   */
  take(): Queued[] {
    const batch: Queued[] = [];
    const bytesOf = new Map<string, number>();
    while (batch.length < maxBatchRecords && this.size > 0) {
      const next = this.#items[this.#first];
      if (next === undefined) break;
      const size = next.bytes;
      const bytes = (bytesOf.get(next.record.topic) ?? 0) + size;
      if (batch.length > 0 && bytes > maxTopicBytes) break;
      this.#items[this.#first++] = undefined;
      this.#bytes -= size;
      bytesOf.set(next.record.topic, bytes);
      batch.push(next);
      if (size > maxTopicBytes) break;
    }
    this.#compact();
    return batch;
  }

  /** Removes and returns what nobody waits for any more. */
  takeOverdue(nowMs: number): Queued[] {
    const waiting = this.#items.slice(this.#first).filter((queued) => queued !== undefined);
    const overdue = waiting.filter((queued) => nowMs >= queued.giveUpAtMs);
    if (overdue.length === 0) return overdue;
    const left = waiting.filter((queued) => nowMs < queued.giveUpAtMs);
    this.#items = left;
    this.#first = 0;
    this.#bytes = left.reduce((sum, { bytes }) => sum + bytes, 0);
    return overdue;
  }

  /** Removes and returns everything. */
  takeAll(): Queued[] {
    return this.takeOverdue(Infinity);
  }

  /** Taken ones are dropped from the array now and then, not one by one: shifting is linear. */
  #compact(): void {
    if (this.#first < 1024 && this.#first < this.#items.length) return;
    this.#items = this.#items.slice(this.#first);
    this.#first = 0;
  }
}

/** Bytes a record takes in a batch, roughly: headers and framing are small and counted as a flat 200. */
export function sizeOf({ key, value }: OutboundRecord): number {
  return (key === null ? 0 : Buffer.byteLength(key)) + (value?.length ?? 0) + 200;
}
