import type { Timer } from "../model/clock.ts";
import type { ParkPosition } from "../model/commit-note.ts";
import type { Lane } from "./lane.ts";
import type { ParkPlace } from "./ports.ts";

/** What is parked of one partition, for as long as it is owned. */
export class Park<Home> {
  readonly lanes = new Set<Lane<Home>>();
  /** Where its log is written; null: nothing was parked yet. */
  place: ParkPlace | null = null;
  opening = false;
  tries = 0;
  retry: Timer | null = null;
  /** Ends that the log does not know yet are written when it fires. */
  mark: Timer | null = null;
  #found: ParkPosition | null;
  #stays = 0;

  /** `found`: the note that came with the partition; until it is restored that is what commits go on saying. */
  constructor(found: ParkPosition | null) {
    this.#found = found;
  }

  /** What is still to be restored. */
  get found(): ParkPosition | null {
    return this.#found;
  }

  restored(place: ParkPlace): void {
    this.#found = null;
    this.place = place;
  }

  nextStay(): number {
    return this.#stays++;
  }

  /** For the note of a commit that is gathered now. */
  position(): ParkPosition | null {
    if (this.#found !== null || this.place === null) return this.#found;
    let from: number | null = null;
    for (const lane of this.lanes) {
      const own = lane.park?.from(lane.facts.first) ?? null;
      if (own !== null && (from === null || own < from)) from = own;
    }
    return from === null ? null : { ...this.place, from };
  }

  /** Copies that have not ended. */
  get copies(): number {
    let copies = 0;
    for (const { facts, park } of this.lanes) copies += facts.count + (park?.stored.size ?? 0);
    return copies;
  }

  /** What waits never wakes. */
  rest(): void {
    for (const timer of [this.retry, this.mark, ...[...this.lanes].map(({ park }) => park?.retry)]) timer?.cancel();
  }
}
