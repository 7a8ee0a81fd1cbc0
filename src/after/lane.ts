import type { Timer } from "../model/clock.ts";
import { FactList } from "./fact-list.ts";
import type { LaneId } from "./lane-id.ts";
import type { ParkedKey } from "./parked-key.ts";

/**
 * The FIFO of one key within one partition, or the place of one fact that need not keep its key's order. It exists as long as it holds a fact or is parked, and is in exactly one state:
 *
 *   ready    its first fact may take its turn
 *   running  its first fact takes its turn; nothing else of the lane moves
 *   waiting  its first fact waits for its next attempt, the registry or a dead letter that could not be written
 *   held     its first fact waits for a disabled handler to be enabled
 *   away     its first fact is not in memory: it is being written to the parked topic, or read from there
 */
export type LaneState = "ready" | "running" | "waiting" | "held" | "away";

export class Lane<Home> {
  readonly home: Home;
  readonly id: LaneId;
  /** Of its records, as Latin-1 text. */
  readonly key: string | null;
  state: LaneState = "ready";
  /** Since when it could have taken its turn; monotonic milliseconds. */
  readyMs = 0;
  wake: Timer | null = null;
  nextReady: Lane<Home> | null = null;
  /** Not null: parked. Then `facts` holds copies only. */
  park: ParkedKey | null = null;
  /** What can be delivered next. */
  facts: FactList = new FactList();

  constructor(home: Home, id: LaneId, key: string | null) {
    this.home = home;
    this.id = id;
    this.key = key;
  }

  get alone(): boolean {
    return typeof this.id === "number";
  }

  /** Waits, runs or not: what it holds, wherever it stands. */
  get count(): number {
    return this.facts.count + (this.park === null ? 0 : this.park.stored.size + this.park.tail.count);
  }
}

/** Lanes whose first fact may take its turn, each once, in the order in which they became ready: none is starved. */
export class ReadyLanes<Home> {
  #first: Lane<Home> | null = null;
  #last: Lane<Home> | null = null;

  get first(): Lane<Home> | null {
    return this.#first;
  }

  push(lane: Lane<Home>): void {
    lane.nextReady = null;
    if (this.#last === null) this.#first = lane;
    else this.#last.nextReady = lane;
    this.#last = lane;
  }

  shift(): Lane<Home> | null {
    const lane = this.#first;
    if (lane === null) return null;
    this.#first = lane.nextReady;
    if (this.#first === null) this.#last = null;
    lane.nextReady = null;
    return lane;
  }

  /** Drops those that are not `wanted`. */
  keep(wanted: (lane: Lane<Home>) => boolean): void {
    let lane = this.#first;
    this.#first = this.#last = null;
    while (lane !== null) {
      const next = lane.nextReady;
      if (wanted(lane)) this.push(lane);
      else lane.nextReady = null;
      lane = next;
    }
  }
}
