import type { Flow } from "./flow.ts";
import type { Lane } from "./lane.ts";
import type { ParkAccess } from "./park-access.ts";
import type { ParkedKey } from "./parked-key.ts";
import { readBack } from "./parked-reader.ts";
import type { Partition } from "./partition.ts";

export interface ReturnsHost {
  /** The lane's first fact may take its turn. */
  ready(lane: Lane<Partition>): void;
  /** Something ended: commit. */
  due(partition: Partition): void;
  /** A parked lane may have something to deliver, or nothing left. */
  next(lane: Lane<Partition>): void;
}

/** The way back: copies are read to be delivered, what has ended is written down, and an empty key leaves. */
export class ParkReturns {
  readonly #access: ParkAccess;
  readonly #flow: Flow;
  readonly #host: ReturnsHost;
  readonly #marks = new Set<Promise<void>>();

  constructor(access: ParkAccess, flow: Flow, host: ReturnsHost) {
    this.#access = access;
    this.#flow = flow;
    this.#host = host;
  }

  /** Writes down what has ended of all these. Resolves when that is done or could not be; never rejects. */
  async markAll(lanes: readonly Lane<Partition>[]): Promise<void> {
    // One that is being written now may be of an earlier moment.
    await Promise.all(this.#marks);
    for (const lane of lanes) this.mark(lane);
    await Promise.all(this.#marks);
  }

  async readBack(lane: Lane<Partition>, park: ParkedKey): Promise<void> {
    const { home } = lane;
    const { place } = home.park;
    if (park.reading || park.retry !== null || place === null) return;
    const { group } = this.#access.engine;
    park.reading = true;
    try {
      const reading = readBack(this.#access.engine, this.#access.log(), home, place, park.stored);
      const { facts, gone } = await this.#access.bounded("reading parked facts", reading);
      if (!home.owned) return;
      for (let shift = facts.length + gone.length; shift > 0; shift--) park.stored.shift();
      for (const range of gone) this.#access.log().lost(group, range);
      for (const fact of facts) {
        lane.facts.push(fact);
        home.bytes += fact.bytes;
        this.#flow.took(fact.bytes);
      }
      park.tries = 0;
    } catch (error) {
      this.#access.again(lane, park, error, () => this.#host.next(lane));
    } finally {
      park.reading = false;
    }
    this.#host.next(lane);
  }

  /** P3: an ordinary lane again only when the log says that its copies count no more. */
  async leave(lane: Lane<Partition>, park: ParkedKey): Promise<void> {
    const { home } = lane;
    const { place } = home.park;
    if (park.marking || park.retry !== null || place === null) return;
    const { group, observer } = this.#access.engine;
    const ends = { laneId: lane.id, key: lane.key, ended: park.unmarked, left: park.stay };
    park.marking = true;
    try {
      // P2: of copies that may have been written, or may yet be, none counts after this.
      await this.#access.bounded("leaving the park", this.#access.log().settle(group, place, home, ends));
    } catch (error) {
      park.marking = false;
      this.#access.again(lane, park, error, () => this.#host.next(lane));
      return;
    }
    if (!home.owned) return;
    home.park.lanes.delete(lane);
    lane.park = null;
    lane.facts = park.tail;
    this.#host.due(home);
    observer.unparked(group, home, lane.key);
    if (lane.facts.first === null) home.lanes.delete(lane.id);
    else if (lane.state === "away") this.#host.ready(lane);
  }

  /** Writes down how far a key has come, so that a successor does not repeat it. */
  mark(lane: Lane<Partition>): void {
    const { home, park } = lane;
    const { place } = home.park;
    if (park === null || place === null || park.marking || park.unmarked.length === 0 || !home.owned) return;
    const ended = [...park.unmarked];
    const ends = { laneId: lane.id, key: lane.key, ended, left: -1 };
    park.marking = true;
    const { group } = this.#access.engine;
    const mark = this.#access
      .bounded("the end of copies", this.#access.log().settle(group, place, home, ends))
      .then(() => {
        park.unmarked.splice(0, ended.length);
      })
      // The next one says it; without any a successor repeats these deliveries.
      .catch(() => undefined)
      .then(() => {
        park.marking = false;
        this.#marks.delete(mark);
        if (lane.state === "away") this.#host.next(lane);
      });
    this.#marks.add(mark);
  }
}
