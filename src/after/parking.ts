import { BridgeError, messageOf } from "../errors.ts";
import { within } from "../model/deadline.ts";
import { backoff } from "./backoff.ts";
import type { Engine } from "./engine.ts";
import type { Fact } from "./fact.ts";
import type { Flow } from "./flow.ts";
import type { Lane } from "./lane.ts";
import { restorePark } from "./park-restore.ts";
import { ParkedKey } from "./parked-key.ts";
import { readBack } from "./parked-reader.ts";
import type { Partition } from "./partition.ts";
import type { ParkedLog, ParkReason } from "./ports.ts";

/** What parking asks of the dispatcher. */
export interface ParkingHost {
  /** The lane's first fact may take its turn. */
  ready(lane: Lane<Partition>): void;
  /** Something was settled or ended: commit. */
  due(partition: Partition): void;
  /** What was parked of the partition is known: its lanes may begin. */
  opened(partition: Partition): void;
}

const longestWaitMs = 30_000;
/** Copies written at once, of one key. */
const chunkFacts = 64;
const chunkBytes = 256 * 1024;

/**
 * Moves stuck keys out of the way and back (DESIGN.md, "Parking"; P1 to P5 are named where they are held).
 *
 *   [lane] --stuck--> fresh ──first copy written──► parked ──no copy left──► leaving ──`settled` written──► [lane]
 *                       │ fails: tried again          ▲ │ followers are copied behind    │ fails: tried again
 *                       └──────────────────────────►──┘ └─ copies are read back and take their turns
 */
export class Parking {
  readonly #engine: Engine;
  readonly #flow: Flow;
  readonly #host: ParkingHost;
  #closed = false;
  readonly #marks = new Set<Promise<void>>();

  constructor(engine: Engine, flow: Flow, host: ParkingHost) {
    this.#engine = engine;
    this.#flow = flow;
    this.#host = host;
  }

  /** A partition was gained whose note names a park: nothing of it moves before this has worked. */
  async restore(partition: Partition): Promise<void> {
    const { park } = partition;
    const { group } = this.#engine;
    for (let { found } = park; found !== null && partition.owned && !this.#closed; { found } = park) {
      try {
        const restored = await restorePark(this.#log(), group, partition, found, partition.settledAtFirst());
        if (!this.#owns(partition)) return;
        if (restored.gone !== null) this.#log().lost(group, restored.gone);
        for (const key of restored.keys) this.#adopt(partition.lane(key.key), new ParkedKey(park.nextStay(), key));
        park.restored(restored.place);
        park.tries = 0;
        this.#host.due(partition);
        this.#host.opened(partition);
      } catch (error) {
        await this.#patience(partition, error);
      }
    }
  }

  /** The lane waits, or has grown, or its partition is full: parks it if it is stuck and in the way. */
  review(lane: Lane<Partition>): void {
    if (lane.park !== null) return this.#copy(lane);
    const why = this.#closed || this.#engine.parkedLog === null ? null : this.#reason(lane);
    if (why === null) return;
    const { park } = lane.home;
    if (park.place === null) return void this.#open(lane.home);
    if (park.copies + lane.count > this.#engine.limits.parkedMost) return;
    this.#engine.observer.parking(this.#engine.group, lane.home, lane.key, lane.count, why);
    this.#adopt(lane, new ParkedKey(park.nextStay()));
    this.#copy(lane);
  }

  reviewAll(partition: Partition): void {
    for (const lane of partition.lanes.values()) this.review(lane);
  }

  /** A parked lane has nothing in memory that could be delivered. */
  next(lane: Lane<Partition>): void {
    const { park } = lane;
    if (park === null || this.#closed || !lane.home.owned) return;
    if (lane.facts.first !== null) {
      if (lane.state === "away") this.#host.ready(lane);
    } else if (park.stored.size > 0) void this.#readBack(lane, park);
    else if (park.fresh) this.#copy(lane);
    else if (!park.copying) void this.#leave(lane, park);
  }

  /** The first copy of a parked lane has ended. */
  ended(lane: Lane<Partition>, fact: Fact): void {
    const { park } = lane;
    if (park === null) return;
    park.ended = fact.offset;
    park.flowing = true;
    const { home } = lane;
    home.park.mark ??= this.#engine.clock.after(this.#engine.limits.commitEveryMs, () => {
      home.park.mark = null;
      for (const parked of home.park.lanes) this.#mark(parked);
    });
  }

  /** No more copies. Resolves when what has ended is written down or could not be; never rejects. */
  async close(partitions: Iterable<Partition>): Promise<void> {
    this.#closed = true;
    for (const partition of partitions) for (const lane of partition.park.lanes) this.#mark(lane);
    await Promise.all(this.#marks);
  }

  #reason(lane: Lane<Partition>): ParkReason | null {
    const { facts, home, state } = lane;
    const { limits, health } = this.#engine;
    const progress = facts.first?.progress;
    // Only what its handler has refused is stuck; what waits for the registry, a dead letter or the handler itself is not.
    if (state !== "waiting" || progress === null || progress === undefined || progress.letter !== null) return null;
    if (progress.made === 0 || progress.handler === null || health.isSick(progress.handler)) return null;
    if (facts.count >= limits.parkRecords) return "records";
    if (home.watermark.span >= limits.parkSpan && home.watermark.oldest === facts.first) return "span";
    return home.paused && progress.made >= limits.parkTries ? "full" : null;
  }

  /** Makes a lane a parked one: what it holds is to be copied. */
  #adopt(lane: Lane<Partition>, park: ParkedKey): void {
    while (lane.facts.first !== null) {
      const fact = lane.facts.shift();
      if (fact !== null) park.tail.push(fact);
    }
    lane.park = park;
    if (lane.state === "ready") lane.state = "away";
    lane.home.park.lanes.add(lane);
  }

  async #open(partition: Partition): Promise<void> {
    const { park } = partition;
    if (park.opening || park.retry !== null) return;
    park.opening = true;
    try {
      const place = await this.#bounded("opening a park", this.#log().open(this.#engine.group, partition, null));
      park.restored(place);
      park.tries = 0;
    } catch (error) {
      if (partition.owned) await this.#patience(partition, error);
    }
    park.opening = false;
    if (partition.owned && !this.#closed) this.reviewAll(partition);
  }

  /** Copies what follows, unless it will soon be its turn, as long as copies stand before it. */
  #copy(lane: Lane<Partition>): void {
    const { home, park } = lane;
    if (park === null || park.copying || park.retry !== null || this.#closed || !home.owned) return;
    if (park.tail.first === null || home.park.found !== null) return;
    if (!park.fresh && lane.facts.first === null && park.stored.size === 0) return;
    const { limits } = this.#engine;
    const pressed = home.paused || home.watermark.span >= limits.parkSpan || park.tail.count >= limits.parkRecords;
    if (park.flowing && !pressed) return;
    if (home.park.copies >= limits.parkedMost) return;
    void this.#write(lane, park);
  }

  async #write(lane: Lane<Partition>, park: ParkedKey): Promise<void> {
    const { place } = lane.home.park;
    if (place === null) return;
    const { group } = this.#engine;
    const log = this.#log();
    const chunk = chunkOf(park);
    park.copying = true;
    const written = await Promise.allSettled(
      chunk.map((fact) => this.#bounded("parking a fact", log.write(group, place, fact.record, park.stay))),
    );
    park.copying = false;
    if (!lane.home.owned) return;
    const failed = written.find((one) => one.status === "rejected");
    for (const one of written) {
      // What was written behind a gap is written again, in order.
      if (one.status === "rejected") break;
      this.#copied(lane, park, one.value);
    }
    this.#host.due(lane.home);
    if (failed !== undefined) this.#again(lane, park, failed.reason);
    else this.#copy(lane);
    if (lane.facts.first === null || lane.state === "away") this.next(lane);
  }

  /** P1: the fact is settled at its source with its copy on record, in one step with the note of the next commit. */
  #copied(lane: Lane<Partition>, park: ParkedKey, at: number): void {
    const { home } = lane;
    const fact = park.tail.shift();
    if (fact === null) return;
    const inMemory = lane.facts.first === null && park.stored.size === 0;
    home.watermark.settle(fact);
    fact.copyAt = at;
    park.fresh = false;
    park.tries = 0;
    if (inMemory) lane.facts.push(fact);
    else {
      park.stored.push(at);
      home.bytes -= fact.bytes;
    }
    this.#flow.gave(home, inMemory ? 0 : fact.bytes);
    this.#engine.observer.parked(this.#engine.group, fact.record);
  }

  async #readBack(lane: Lane<Partition>, park: ParkedKey): Promise<void> {
    const { home } = lane;
    const { place } = home.park;
    if (park.reading || park.retry !== null || place === null) return;
    const { group } = this.#engine;
    park.reading = true;
    try {
      const reading = readBack(this.#engine, this.#log(), home, place, park.stored);
      const { facts, gone } = await this.#bounded("reading parked facts", reading);
      if (!home.owned) return;
      for (let shift = facts.length + gone.length; shift > 0; shift--) park.stored.shift();
      for (const range of gone) this.#log().lost(group, range);
      for (const fact of facts) {
        lane.facts.push(fact);
        home.bytes += fact.bytes;
        this.#flow.took(fact.bytes);
      }
      park.tries = 0;
    } catch (error) {
      this.#again(lane, park, error);
    } finally {
      park.reading = false;
    }
    this.next(lane);
  }

  /** P3: an ordinary lane again only when the log says that its copies count no more. */
  async #leave(lane: Lane<Partition>, park: ParkedKey): Promise<void> {
    const { home } = lane;
    const { place } = home.park;
    if (park.marking || park.retry !== null || place === null) return;
    const { group, observer } = this.#engine;
    const ends = { key: lane.key, through: park.ended, left: park.stay };
    park.marking = true;
    try {
      // P2: of copies that may have been written, or may yet be, none counts after this.
      await this.#bounded("leaving the park", this.#log().settle(group, place, home, ends));
    } catch (error) {
      park.marking = false;
      this.#again(lane, park, error);
      return;
    }
    if (!home.owned) return;
    home.park.lanes.delete(lane);
    lane.park = null;
    lane.facts = park.tail;
    this.#host.due(home);
    observer.unparked(group, home, lane.key);
    if (lane.facts.first === null) home.lanes.delete(lane.key);
    else if (lane.state === "away") this.#host.ready(lane);
  }

  /** Writes down how far a key has come, so that a successor does not repeat it. */
  #mark(lane: Lane<Partition>): void {
    const { home, park } = lane;
    const { place } = home.park;
    if (park === null || place === null || park.marking || park.ended <= park.marked || !home.owned) return;
    const { ended } = park;
    const ends = { key: lane.key, through: ended, left: -1 };
    park.marking = true;
    const { group } = this.#engine;
    const mark = this.#bounded("the end of copies", this.#log().settle(group, place, home, ends))
      .then(() => {
        park.marked = Math.max(park.marked, ended);
      })
      // The next one covers it; without any a successor repeats these deliveries.
      .catch(() => undefined)
      .then(() => {
        park.marking = false;
        this.#marks.delete(mark);
        if (lane.state === "away") this.next(lane);
      });
    this.#marks.add(mark);
  }

  #again(lane: Lane<Partition>, park: ParkedKey, error: unknown): void {
    const { clock, group, observer, random } = this.#engine;
    park.tries++;
    observer.parkFailed(group, lane.home, park.tries, messageOf(error));
    if (this.#closed || !lane.home.owned) return;
    park.retry?.cancel();
    park.retry = clock.after(backoff(park.tries, longestWaitMs, random()), () => {
      park.retry = null;
      this.#copy(lane);
      if (lane.facts.first === null) this.next(lane);
    });
  }

  async #patience(partition: Partition, error: unknown): Promise<void> {
    const { clock, group, observer, random } = this.#engine;
    const { park } = partition;
    park.tries++;
    observer.parkFailed(group, partition, park.tries, messageOf(error));
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      park.retry = clock.after(backoff(park.tries, longestWaitMs, random()), resolve);
    });
    park.retry = null;
  }

  /** Throws INTERNAL where nothing can be parked, and yet something is. */
  #log(): ParkedLog {
    const { parkedLog } = this.#engine;
    if (parkedLog === null) throw new BridgeError("INTERNAL", "facts are parked, and there is no parked topic");
    return parkedLog;
  }

  /** Asked anew after each wait. */
  #owns(partition: Partition): boolean {
    return partition.owned;
  }

  #bounded<T>(what: string, work: Promise<T>): Promise<T> {
    return within(this.#engine.clock, this.#engine.limits.deadLetterTimeoutMs, what, work);
  }
}

function chunkOf({ tail }: ParkedKey): readonly Fact[] {
  const chunk: Fact[] = [];
  let bytes = 0;
  for (const fact of tail) {
    if (chunk.length === chunkFacts || (bytes += fact.bytes) > chunkBytes) break;
    chunk.push(fact);
  }
  if (chunk.length === 0 && tail.first !== null) chunk.push(tail.first);
  return chunk;
}
