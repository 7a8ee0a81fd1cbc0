import type { Clock, Timer } from "../../model/clock.ts";
import { bounded, pause } from "../../model/deadline.ts";

/** One kafkajs client from its making to its end. */
export interface Life {
  /** Resolves, once, with why it can do no more. Never rejects. */
  readonly ended: Promise<Error>;
  /** How long nothing was heard of it. Milliseconds. */
  quietMs(): number;
  /** Ends it; resolves within `deadlineMs`. */
  end(deadlineMs: number): Promise<void>;
}

/** What became of a life, for the log. */
export interface LifeReport {
  readonly error: Error;
  /** The brokers are away, or what is waited for is not there yet: no fault of the client's. */
  readonly away: boolean;
  readonly tryAgainInMs: number;
}

export interface SupervisorOptions {
  readonly open: () => Life;
  readonly isAway: (error: Error) => boolean;
  readonly onEnded: (report: LifeReport) => void;
  /** Called once, when `maxFailures` lives in a row ended young for a reason that waiting does not mend. */
  readonly onGaveUp: (error: Error) => void;
  /** Infinity: never gives up. */
  readonly maxFailures: number;
  readonly clock: Clock;
}

const firstWaitMs = 250;
const longestWaitMs = 5000;
/** A life that worked for this long was no failure. */
const healthyAfterMs = 30_000;
/** A client of which nothing is heard for this long is dead, whatever it says. Longer than any join may take. */
const stalledAfterMs = 60_000;
const lookEveryMs = 5000;
const endWithinMs = 5000;

/**
 * Keeps a client alive: opens one, waits until it ends or falls silent, waits a little longer after each failure in a row,
 * opens the next. Brokers that are away are waited for without end.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #life: Life | null = null;
  #running: Promise<void> | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  start(): void {
    this.#running ??= this.#live();
  }

  /** Ends the present life and opens no other; resolves within `deadlineMs`. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stop.abort();
    const ended = this.#life?.end(deadlineMs);
    await bounded(Promise.all([ended, this.#running]), deadlineMs, this.#clock);
  }

  async #live(): Promise<void> {
    let failures = 0;
    let waitMs = firstWaitMs;
    while (!this.#isStopped()) {
      const bornMs = this.#clock.monotonicMs();
      const life = this.#options.open();
      this.#life = life;
      const error = await this.#endOf(life);
      if (this.#isStopped()) return;
      if (this.#clock.monotonicMs() - bornMs - life.quietMs() >= healthyAfterMs) {
        failures = 0;
        waitMs = firstWaitMs;
      }
      const away = this.#options.isAway(error);
      if (!away && ++failures >= this.#options.maxFailures) {
        this.#options.onGaveUp(error);
        await life.end(endWithinMs);
        return;
      }
      this.#options.onEnded({ error, away, tryAgainInMs: waitMs });
      await life.end(endWithinMs);
      await pause(this.#clock, waitMs, this.#stop.signal);
      waitMs = Math.min(waitMs * 2, longestWaitMs);
    }
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #endOf(life: Life): Promise<Error> {
    return new Promise((resolve) => {
      let timer: Timer;
      const look = (): void => {
        if (life.quietMs() > stalledAfterMs) resolve(new Error(`nothing was heard of it for ${stalledAfterMs} ms`));
        else timer = this.#clock.after(lookEveryMs, look);
      };
      timer = this.#clock.after(lookEveryMs, look);
      const done = (error: Error): void => {
        timer.cancel();
        resolve(error);
      };
      void life.ended.then(done);
    });
  }
}
