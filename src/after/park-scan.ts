import type { ParkPosition } from "../model/commit-note.ts";
import { keyOf, type LaneId } from "./lane-id.ts";
import type { ParkedEntry } from "./ports.ts";

/** A lane that is parked, as the log of the park tells. */
export interface FoundLane {
  readonly id: LaneId;
  readonly key: string | null;
  /** Of its copies in the parked topic, in the order of their facts; none where all of them come again from the source. */
  readonly copies: readonly number[];
}

interface Copy {
  readonly at: number;
  readonly epoch: number;
  readonly stay: number;
  readonly offset: number;
}

type Ends = Extract<ParkedEntry, { kind: "settled" }>;

/** What the log says of one lane. */
interface Told {
  readonly key: string | null;
  readonly copies: Copy[];
  readonly ends: Ends[];
}

/**
 * Rebuilds what is parked of one source partition from the log of its park (DESIGN.md, "Parking"). Take every entry from
 * the note's first offset on, up to one's own `opened`; then `found`.
 */
export class ParkScan {
  readonly #note: ParkPosition;
  readonly #isSettled: (offset: number) => boolean;
  readonly #follows = new Map<number, number | null>();
  readonly #told = new Map<LaneId, Told>();

  /** `isSettled`: whether the commit that carried the note says so of a source offset. */
  constructor(note: ParkPosition, isSettled: (offset: number) => boolean) {
    this.#note = note;
    this.#isSettled = isSettled;
  }

  take(entry: ParkedEntry): void {
    switch (entry.kind) {
      case "opened":
        this.#follows.set(entry.at, entry.follows);
        return;
      case "settled":
        this.#of(entry.laneId, entry.key).ends.push(entry);
        return;
      case "record": {
        const { alone, at, epoch, record, stay } = entry;
        const key = keyOf(record);
        this.#of(alone ? record.offset : key, key).copies.push({ at, epoch, stay, offset: record.offset });
      }
    }
  }

  found(): readonly FoundLane[] {
    const epochs = this.#epochs();
    const counts = ({ at, epoch }: Copy | Ends): boolean => at < (epochs.get(epoch) ?? -1);
    const all = [...this.#told].map(([id, told]) => ({ ...told, id, ends: told.ends.filter(counts) }));
    // Of a fact it is said once and for all, whichever lane it was in.
    const ended = new Set(all.flatMap(({ ends }) => ends.flatMap((end) => end.ended)));
    const lanes = all.flatMap(({ copies, ends, id, key }) => {
      const isOver = (copy: Copy): boolean => ended.has(copy.offset) || ends.some((end) => covers(end, copy));
      const open = copies.filter((copy) => counts(copy) && !isOver(copy));
      return open.length === 0 ? [] : [{ id, key, open }];
    });
    // Of several copies of one fact the last: after a failure in the middle all that follow were written again, in order.
    const last = new Map<number, number>();
    for (const { open } of lanes)
      for (const { at, offset } of open) last.set(offset, Math.max(at, last.get(offset) ?? at));
    const isLast = ({ at, offset }: Copy): boolean => last.get(offset) === at && this.#isSettled(offset);
    return lanes.map(({ id, key, open }) => {
      const inOrder = open.filter(isLast).sort((left, right) => left.offset - right.offset);
      return { id, key, copies: inOrder.map(({ at }) => at) };
    });
  }

  #of(id: LaneId, key: string | null): Told {
    let told = this.#told.get(id);
    if (told === undefined) this.#told.set(id, (told = { key, copies: [], ends: [] }));
    return told;
  }

  /** Each epoch that counts, with the offset at which the next one begins. */
  #epochs(): ReadonlyMap<number, number> {
    const epochs = new Map<number, number>();
    let end = Infinity;
    let epoch: number | null = this.#note.epoch;
    while (epoch !== null && !epochs.has(epoch)) {
      epochs.set(epoch, end);
      end = epoch;
      // One that began before the scan did is the first that matters.
      epoch = this.#follows.get(epoch) ?? null;
    }
    return epochs;
  }
}

function covers({ epoch, left }: Ends, copy: Copy): boolean {
  return left >= 0 && (copy.epoch < epoch || (copy.epoch === epoch && copy.stay <= left));
}
