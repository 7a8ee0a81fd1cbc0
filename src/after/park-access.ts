import { BridgeError, messageOf } from "../errors.ts";
import type { Timer } from "../model/clock.ts";
import { within } from "../model/deadline.ts";
import { backoff } from "./backoff.ts";
import type { Engine } from "./engine.ts";
import type { Lane } from "./lane.ts";
import type { ParkedKey } from "./parked-key.ts";
import type { Partition } from "./partition.ts";
import type { ParkedLog } from "./ports.ts";

const longestWaitMs = 30_000;

/** How the parts of parking use the parked topic: with a deadline, and with patience where it fails. */
export class ParkAccess {
  readonly engine: Engine;
  /** Nothing new is begun. */
  closed = false;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Throws INTERNAL where nothing can be parked, and yet something is. */
  log(): ParkedLog {
    const { parkedLog } = this.engine;
    if (parkedLog === null) throw new BridgeError("INTERNAL", "facts are parked, and there is no parked topic");
    return parkedLog;
  }

  bounded<T>(what: string, work: Promise<T>): Promise<T> {
    return within(this.engine.clock, this.engine.limits.writeTimeoutMs, what, work);
  }

  /** What was done for the key failed: `then` is called when it is time to try again. */
  again(lane: Lane<Partition>, park: ParkedKey, error: unknown, then: () => void): void {
    park.tries++;
    this.#say(lane.home, park.tries, error);
    if (this.closed || !lane.home.owned) return;
    park.retry?.cancel();
    park.retry = this.#after(park.tries, () => {
      park.retry = null;
      then();
    });
  }

  /** What was done for the partition failed: resolves when it is time to try again, or at once when that is over. */
  async patience(partition: Partition, error: unknown): Promise<void> {
    const { park } = partition;
    park.tries++;
    this.#say(partition, park.tries, error);
    if (this.closed || !partition.owned) return;
    await new Promise<void>((resolve) => {
      park.retry = this.#after(park.tries, resolve);
    });
    park.retry = null;
  }

  #after(tries: number, then: () => void): Timer {
    const { clock, random } = this.engine;
    return clock.after(backoff(tries, longestWaitMs, random()), then);
  }

  #say(partition: Partition, tries: number, error: unknown): void {
    this.engine.observer.parkFailed(this.engine.group, partition, tries, messageOf(error));
  }
}
