import { readNote, writeNote } from "../model/commit-note.ts";
import type { TopicPartition } from "../model/record.ts";
import type { AssignedPartition, CommitPosition } from "../model/record-source.ts";
import { decodeSettled } from "../model/settled-map.ts";
import { Watermark } from "../model/watermark.ts";
import type { Fact } from "./fact.ts";
import { Lane } from "./lane.ts";
import { keyOf, type LaneId } from "./lane-id.ts";
import { Park } from "./park.ts";

/**
 * One partition for as long as this member owns it without a break: an epoch. Losing it and getting it again makes a
 * new one, and whatever still ends for the old one finds `owned` false and changes nothing.
 */
export class Partition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly watermark: Watermark<Fact>;
  readonly park: Park<Partition>;
  readonly lanes = new Map<LaneId, Lane<Partition>>();
  owned = true;
  paused = false;
  /** Since when something is settled that no commit has gathered; monotonic milliseconds, null: nothing is. */
  dirtySinceMs: number | null = null;
  /** Turns that run. */
  running = 0;
  /** Memory its facts hold, roughly. */
  bytes = 0;
  readonly #stop = new AbortController();
  /** False while turns of an earlier epoch still run: two facts of a key are never under way at once. */
  clear: boolean;
  /** As committed when it was gained. */
  readonly #committed: { readonly offset: number | null; readonly settled: string | null };

  constructor(at: AssignedPartition, clear: boolean) {
    const { settled, park } = readNote(at.metadata ?? null);
    this.topic = at.topic;
    this.partition = at.partition;
    this.watermark = new Watermark(settled);
    this.park = new Park<Partition>(park);
    this.clear = clear;
    this.#committed = { offset: at.offset ?? null, settled };
  }

  /** Whether facts may take their turns: nothing of an earlier epoch runs, and it is known what is parked. */
  get open(): boolean {
    return this.clear && this.park.found === null;
  }

  /** Of its turns: aborted when the epoch is over, or the drain's time is. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Tells of an offset whether the commit that came with the partition says that it is settled. */
  settledAtFirst(): (offset: number) => boolean {
    const position = this.#committed.offset ?? 0;
    const map = this.#committed.settled === null ? null : decodeSettled(this.#committed.settled);
    const unsettled = new Set(map?.unsettled);
    return (offset) =>
      offset < position || (map !== null && offset >= map.from && offset < map.until && !unsettled.has(offset));
  }

  /** What is to be committed now; null while nothing is known. */
  position(): CommitPosition | null {
    const offset = this.watermark.position();
    const at = offset ?? this.#committed.offset;
    if (at === null) return null;
    const settled = offset === null ? this.#committed.settled : this.watermark.metadata();
    const metadata = writeNote({ settled, park: this.park.position() });
    return { topic: this.topic, partition: this.partition, offset: at, metadata };
  }

  /** The lane of a key, or of one fact of it, made if there is none. */
  lane(id: LaneId, key: string | null): Lane<Partition> {
    const lane = this.lanes.get(id);
    if (lane !== undefined) return lane;
    const created = new Lane<Partition>(this, id, key);
    this.lanes.set(id, created);
    return created;
  }

  laneOf({ laneId, record }: Fact): Lane<Partition> {
    return this.lane(laneId, keyOf(record));
  }

  /** Adds a fact that came from the source to its lane; in the place of the last one, where that has ended. */
  enqueue(lane: Lane<Partition>, fact: Fact, outdated: Fact | null): void {
    this.watermark.add(fact);
    this.bytes += fact.bytes;
    if (outdated === null) (lane.park === null ? lane.facts : lane.park.tail).push(fact);
    else {
      lane.facts.replaceLast(fact);
      this.watermark.settle(outdated);
      this.bytes -= outdated.bytes;
    }
  }

  /** The lane of the fact that keeps the most from being committed. */
  oldestLane(): Lane<Partition> | undefined {
    const { oldest } = this.watermark;
    return oldest === null ? undefined : this.lanes.get(oldest.laneId);
  }

  /** Takes the first fact, which has ended, off its lane. */
  settle(lane: Lane<Partition>, fact: Fact): void {
    lane.facts.shift();
    // What waited has grown old in V8's heap, and what it points to would be taken for alive until that is collected.
    fact.progress = null;
    this.bytes -= fact.bytes;
    if (fact.copyAt === null) this.watermark.settle(fact);
    if (lane.facts.first === null && lane.park === null) this.lanes.delete(lane.id);
  }

  /** The epoch is over: what runs is aborted, what waits never wakes. */
  end(): void {
    this.owned = false;
    this.rest();
    this.abort();
  }

  /** What waits never wakes. */
  rest(): void {
    this.park.rest();
    for (const lane of this.lanes.values()) {
      lane.wake?.cancel();
      lane.wake = null;
    }
  }

  abort(): void {
    this.#stop.abort();
  }
}
