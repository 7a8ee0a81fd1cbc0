/** Turns that begin in one round of the event loop, over all groups of a thread: enough to batch what a round writes. */
const defaultPerRound = 16;

/** A group, to the pace. */
export interface Paced {
  readonly goOn: () => void;
  /** The pace's own note; false at first. */
  waits: boolean;
}

/**
 * Keeps a thread from beginning more than it can work off. Where handlers answer at once, what is under way waits for the
 * thread and not for them: it gets no quicker by being more, only older, and what is old costs the garbage collector. So a round
 * of the event loop begins a few turns, and goes on with the next round; a slow handler still gets all that may be in flight.
 * Groups take their rounds one after another.
 */
export class TurnPace {
  readonly #perRound: number;
  readonly #nextRound: (go: () => void) => void;
  /** With more to begin; nobody as long as something is left of the round. */
  readonly #waiting: Paced[] = [];
  #left: number;

  constructor(perRound = defaultPerRound, nextRound: (go: () => void) => void = setImmediate) {
    this.#perRound = perRound;
    this.#nextRound = nextRound;
    this.#left = perRound;
  }

  /** Whether another turn may begin now; it counts as begun. If not, `goOn` is called when one may, once. */
  lets(group: Paced): boolean {
    if (this.#left === 0) {
      if (!group.waits) this.#waiting.push(group);
      group.waits = true;
      return false;
    }
    if (this.#left-- === this.#perRound) this.#nextRound(this.#begin);
    return true;
  }

  readonly #begin = (): void => {
    this.#left = this.#perRound;
    // Who waits again stands behind those that have not been reached.
    for (let most = this.#waiting.length; most > 0 && this.#left > 0; most--) {
      const group = this.#waiting.shift();
      if (group === undefined) return;
      group.waits = false;
      group.goOn();
    }
  };
}
