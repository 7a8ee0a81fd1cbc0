import type { Timer } from "../model/clock.ts";
import type { Fact } from "./fact.ts";
import { FactList } from "./fact-list.ts";
import { OffsetQueue } from "./offset-queue.ts";
import type { FoundLane } from "./park-scan.ts";

/**
 * What a parked lane has besides the copies that it delivers next (`lane.facts`). In order of the facts:
 *
 *   lane.facts (copied, in memory)  <  stored (copied, only their offsets)  <  tail (not copied, unsettled at the source)
 */
export class ParkedKey {
  /** Offsets of copies in the parked topic. */
  readonly stored: OffsetQueue = new OffsetQueue();
  readonly tail: FactList = new FactList();
  /** Which parking of this owner's it is. */
  readonly stay: number;
  /** Source offsets of facts that have ended as copies, which the log does not know yet; the newest, while it cannot be written. */
  readonly unmarked: number[] = [];
  /** None of its copies is acknowledged yet. */
  fresh = true;
  /** Its last turn ended a fact: then what follows need not be copied, for it will soon be its turn. */
  flowing = false;
  copying = false;
  reading = false;
  marking = false;
  tries = 0;
  retry: Timer | null = null;
  /** Lowest offset of its copies, where they do not stand in the order of their facts. */
  readonly #floor: number | null;

  constructor(stay: number, found: FoundLane | null = null) {
    this.stay = stay;
    this.#floor = found === null ? null : floorOf(found.copies);
    if (found === null) return;
    this.fresh = false;
    this.flowing = true;
    for (const at of found.copies) this.stored.push(at);
  }

  hasEnded(offset: number): void {
    this.unmarked.push(offset);
    // Of what is forgotten here a successor repeats the delivery.
    if (this.unmarked.length > mostUnmarked && !this.marking) this.unmarked.shift();
  }

  /** Offset of the first copy that has not ended; null when all have. `first` is the lane's. */
  from(first: Fact | null): number | null {
    const next = first?.copyAt ?? this.stored.first ?? null;
    return next === null ? null : Math.min(next, this.#floor ?? next);
  }
}

const mostUnmarked = 10_000;

function floorOf(copies: readonly number[]): number | null {
  const ascending = copies.every((at, index) => index === 0 || at > (copies[index - 1] ?? 0));
  return ascending ? null : Math.min(...copies);
}
