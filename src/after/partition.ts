import type { TopicPartition } from "../model/record.ts";
import { Watermark } from "../model/watermark.ts";
import type { Fact } from "./fact.ts";
import { Lane } from "./lane.ts";

/** One text for each partition, as a key. */
export function partitionId(partition: TopicPartition): string {
  return `${partition.topic}/${partition.partition}`;
}

/**
 * One partition for as long as this member owns it without a break: an epoch. Losing it and getting it again makes a
 * new one, and whatever still ends for the old one finds `owned` false and changes nothing.
 */
export class Partition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly watermark: Watermark<Fact>;
  readonly lanes = new Map<string | null, Lane<Partition>>();
  owned = true;
  paused = false;
  /** Settled something since the last commit was gathered. */
  dirty = false;
  /** Turns that run. */
  running = 0;
  /** Memory its unsettled facts hold, roughly. */
  bytes = 0;
  /** False while turns of an earlier epoch still run: two facts of a key are never under way at once. */
  open: boolean;

  constructor(at: TopicPartition, metadata: string | null, open: boolean) {
    this.topic = at.topic;
    this.partition = at.partition;
    this.watermark = new Watermark(metadata);
    this.open = open;
  }

  /** Adds a fact to the lane of its key; returns the lane if it is new, which makes it ready. */
  enqueue(fact: Fact): Lane<Partition> | null {
    this.watermark.add(fact);
    this.bytes += fact.bytes;
    const key = fact.record.key === null ? null : fact.record.key.toString("latin1");
    const lane = this.lanes.get(key);
    if (lane !== undefined) {
      lane.push(fact);
      return null;
    }
    const created = new Lane<Partition>(this, key);
    this.lanes.set(key, created);
    created.push(fact);
    return created;
  }

  /** Takes the settled first fact off its lane; returns whether the lane goes on. */
  settle(lane: Lane<Partition>, fact: Fact): boolean {
    this.watermark.settle(fact);
    this.bytes -= fact.bytes;
    this.dirty = true;
    lane.shift();
    if (lane.first !== null) return true;
    this.lanes.delete(lane.key);
    return false;
  }

  /** The epoch is over: what runs is aborted, what waits never wakes. */
  end(): void {
    this.owned = false;
    this.rest();
    this.abort();
  }

  /** What waits never wakes. */
  rest(): void {
    for (const lane of this.lanes.values()) {
      lane.wake?.cancel();
      lane.wake = null;
    }
  }

  abort(): void {
    for (const lane of this.lanes.values()) lane.stop?.abort();
  }
}
