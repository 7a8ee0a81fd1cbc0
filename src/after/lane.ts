import type { Timer } from "../model/clock.ts";
import { detach, type Fact } from "./fact.ts";

/**
 * The FIFO of one key within one partition. It exists as long as it holds a fact, and is in exactly one state:
 *
 *   ready    its first fact may take its turn
 *   running  its first fact takes its turn; nothing else of the lane moves
 *   waiting  its first fact waits for its next attempt, the registry or a dead letter that could not be written
 *   held     its first fact waits for a disabled handler to be enabled
 */
export type LaneState = "ready" | "running" | "waiting" | "held";

export class Lane<Home> {
  readonly home: Home;
  /** Bytes as Latin-1 text, which loses none; null-keyed records of a partition share one lane. */
  readonly key: string | null;
  state: LaneState = "ready";
  wake: Timer | null = null;
  /** Aborts the turn that is running. */
  stop: AbortController | null = null;
  nextReady: Lane<Home> | null = null;
  #first: Fact | null = null;
  #last: Fact | null = null;

  constructor(home: Home, key: string | null) {
    this.home = home;
    this.key = key;
  }

  get first(): Fact | null {
    return this.#first;
  }

  push(fact: Fact): void {
    if (this.#last === null) this.#first = fact;
    else this.#last.nextInLane = fact;
    this.#last = fact;
  }

  /** Takes the first fact off. */
  shift(): void {
    const first = this.#first;
    if (first === null) return;
    this.#first = first.nextInLane;
    first.nextInLane = null;
    if (this.#first === null) this.#last = null;
  }

  /** Everything in the lane will be here for a while. */
  detach(): void {
    for (let fact = this.#first; fact !== null; fact = fact.nextInLane) detach(fact);
  }
}

/** Lanes whose first fact may take its turn, each once, in the order in which they became ready: none is starved. */
export class ReadyLanes<Home> {
  #first: Lane<Home> | null = null;
  #last: Lane<Home> | null = null;

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
}
