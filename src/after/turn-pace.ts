/** Turns that begin in one round of the event loop, over all groups of a thread: enough to batch what a round writes. */
const defaultPerRound = 16;

/**
 * Keeps a thread from beginning more than it can work off. Where handlers answer at once, what is under way waits for the
 * thread and not for them: it gets no quicker by being more, only older, and what is old costs the garbage collector. So a round
 * of the event loop begins a few turns, and goes on with the next round; a slow handler still gets all that may be in flight.
 * Groups take their rounds one after another.
 */
export class TurnPace {
  readonly #perRound: number;
  readonly #nextRound: (go: () => void) => void;
  /** Of groups with more to begin; none as long as something is left of the round. */
  #waiting = new Set<() => void>();
  #left: number;

  constructor(perRound = defaultPerRound, nextRound: (go: () => void) => void = setImmediate) {
    this.#perRound = perRound;
    this.#nextRound = nextRound;
    this.#left = perRound;
  }

  /** Whether another turn may begin now; it does then. If not, `goOn` is called when one may, once. */
  lets(goOn: () => void): boolean {
    if (this.#left === 0) {
      this.#waiting.add(goOn);
      return false;
    }
    if (this.#left-- === this.#perRound) this.#nextRound(this.#begin);
    return true;
  }

  readonly #begin = (): void => {
    this.#left = this.#perRound;
    const waiting = this.#waiting;
    if (waiting.size === 0) return;
    this.#waiting = new Set();
    try {
      for (const goOn of waiting) {
        if (this.#left === 0) break;
        waiting.delete(goOn);
        goOn();
      }
    } finally {
      // Those that were not reached stay before those that have had their share.
      this.#waiting = new Set([...waiting, ...this.#waiting]);
    }
  };
}
