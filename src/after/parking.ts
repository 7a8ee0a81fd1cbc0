import type { Engine } from "./engine.ts";
import type { Fact } from "./fact.ts";
import type { Flow } from "./flow.ts";
import type { Lane } from "./lane.ts";
import { ParkAccess } from "./park-access.ts";
import { ParkCopies } from "./park-copies.ts";
import { restorePark } from "./park-restore.ts";
import { ParkReturns } from "./park-returns.ts";
import { ParkedKey } from "./parked-key.ts";
import type { Partition } from "./partition.ts";
import type { ParkReason } from "./ports.ts";

/** What parking asks of the dispatcher. */
export interface ParkingHost {
  /** The lane's first fact may take its turn. */
  ready(lane: Lane<Partition>): void;
  /** Something was settled or ended: commit. */
  due(partition: Partition): void;
  /** What was parked of the partition is known: its lanes may begin. */
  opened(partition: Partition): void;
}

/**
 * Moves stuck keys out of the way and back (DESIGN.md, "Parking"; P1 to P5 are named where they are held).
 *
 *   [lane] --stuck--> fresh ──first copy written──► parked ──no copy left──► leaving ──`settled` written──► [lane]
 *                       │ fails: tried again          ▲ │ followers are copied behind    │ fails: tried again
 *                       └──────────────────────────►──┘ └─ copies are read back and take their turns
 */
export class Parking {
  readonly #engine: Engine;
  readonly #host: ParkingHost;
  readonly #access: ParkAccess;
  readonly #copies: ParkCopies;
  readonly #returns: ParkReturns;

  constructor(engine: Engine, flow: Flow, host: ParkingHost) {
    this.#engine = engine;
    this.#host = host;
    this.#access = new ParkAccess(engine);
    const parts = { ...host, next: (lane: Lane<Partition>) => this.next(lane) };
    this.#copies = new ParkCopies(this.#access, flow, parts);
    this.#returns = new ParkReturns(this.#access, flow, parts);
  }

  /** A partition was gained whose note names a park: nothing of it moves before this has worked. */
  async restore(partition: Partition): Promise<void> {
    const { park } = partition;
    const { group } = this.#engine;
    for (let { found } = park; found !== null && partition.owned && !this.#access.closed; { found } = park) {
      try {
        const log = this.#access.log();
        const restored = await restorePark(log, group, partition, found, partition.settledAtFirst());
        if (!this.#owns(partition)) return;
        if (restored.gone !== null) log.lost(group, restored.gone);
        for (const lane of restored.lanes)
          this.#adopt(partition.lane(lane.id, lane.key), new ParkedKey(park.nextStay(), lane));
        park.restored(restored.place);
        park.tries = 0;
        this.#host.due(partition);
        this.#host.opened(partition);
      } catch (error) {
        await this.#access.patience(partition, error);
      }
    }
  }

  /** The lane waits, or has grown, or its partition is full: parks it if it is stuck and in the way. */
  review(lane: Lane<Partition>): void {
    if (lane.park !== null) return this.#copies.follow(lane);
    const why = this.#access.closed || this.#engine.parkedLog === null ? null : this.#reason(lane);
    if (why === null) return;
    const { park } = lane.home;
    if (park.place === null) return void this.#open(lane.home);
    if (park.copies + lane.count > this.#engine.limits.parkedMost) return;
    this.#engine.observer.parking(this.#engine.group, lane.home, lane.key, lane.count, why);
    this.#adopt(lane, new ParkedKey(park.nextStay()));
    this.#copies.follow(lane);
  }

  reviewAll(partition: Partition): void {
    for (const lane of partition.lanes.values()) this.review(lane);
  }

  /** A parked lane has nothing in memory that could be delivered. */
  next(lane: Lane<Partition>): void {
    const { park } = lane;
    if (park === null || this.#access.closed || !lane.home.owned) return;
    if (lane.facts.first !== null) {
      if (lane.state === "away") this.#host.ready(lane);
    } else if (park.stored.size > 0) void this.#returns.readBack(lane, park);
    else if (park.fresh) this.#copies.follow(lane);
    else if (!park.copying) void this.#returns.leave(lane, park);
  }

  /** The first copy of a parked lane has ended. */
  ended(lane: Lane<Partition>, fact: Fact): void {
    const { park } = lane;
    if (park === null) return;
    park.hasEnded(fact.offset);
    park.flowing = true;
    const { home } = lane;
    home.park.mark ??= this.#engine.clock.after(this.#engine.limits.commitEveryMs, () => {
      home.park.mark = null;
      for (const parked of home.park.lanes) this.#returns.mark(parked);
    });
  }

  /** No more copies. Resolves when what has ended is written down or could not be; never rejects. */
  close(partitions: Iterable<Partition>): Promise<void> {
    this.#access.closed = true;
    return this.mark(partitions);
  }

  /** Resolves when what has ended is written down or could not be; never rejects. */
  mark(partitions: Iterable<Partition>): Promise<void> {
    return this.#returns.markAll([...partitions].flatMap(({ park }) => [...park.lanes]));
  }

  #reason(lane: Lane<Partition>): ParkReason | null {
    const { facts, home, state } = lane;
    const { limits, health, routes } = this.#engine;
    const progress = facts.first?.progress;
    // Only what its handler has refused is stuck; what waits for the registry, a dead letter or the handler itself is not.
    if (state !== "waiting" || progress === null || progress === undefined || progress.letter !== null) return null;
    if (progress.made === 0 || progress.handler === null || health.isSick(progress.handler)) return null;
    if (facts.count >= limits.parkRecords) return "records";
    if (home.watermark.span >= limits.parkSpan && home.watermark.oldest === facts.first) return "span";
    // A partition that is paused because nobody is to be called is not full.
    const isFull = home.paused && routes.status() !== "all-disabled";
    return isFull && progress.made >= limits.parkTries ? "full" : null;
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
      const place = await this.#access.bounded(
        "opening a park",
        this.#access.log().open(this.#engine.group, partition, null),
      );
      park.restored(place);
      park.tries = 0;
    } catch (error) {
      if (partition.owned) await this.#access.patience(partition, error);
    }
    park.opening = false;
    if (partition.owned && !this.#access.closed) this.reviewAll(partition);
  }

  /** Asked anew after each wait. */
  #owns(partition: Partition): boolean {
    return partition.owned;
  }
}
