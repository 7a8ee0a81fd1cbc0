import { messageOf } from "../errors.ts";
import type { Timer } from "../model/clock.ts";
import { sequenceOf } from "../model/record.ts";
import { takeTurn } from "./delivery.ts";
import type { Engine, TurnEnd } from "./engine.ts";
import type { Fact } from "./fact.ts";
import { type Lane, ReadyLanes } from "./lane.ts";
import type { Partition } from "./partition.ts";
import type { FactEnd } from "./ports.ts";
import type { Paced } from "./turn-pace.ts";
import type { Watchdog } from "./watchdog.ts";

/** What the turns mean to the rest of the group. */
export interface TurnsHost {
  /** The lane's first fact is about to take its turn, unless the next one stands for it. */
  begins(lane: Lane<Partition>): void;
  /** The lane's first fact has ended: takes it off, and calls `advance`. */
  ended(lane: Lane<Partition>, fact: Fact, end: FactEnd): void;
  /** The lane's first fact waits: its key may be stuck. */
  waits(lane: Lane<Partition>): void;
  /** The lane has nothing in memory that could be delivered. */
  away(lane: Lane<Partition>): void;
  /** The last turn of an epoch that was lost is over. */
  left(partition: Partition): void;
}

/** The wait after a defect of this program: the fact is never given up for it. */
const defectWaitMs = 5000;

/**
 * Which lane is next, and what becomes of it (the states: lane.ts).
 *
 *   ready ──a slot is free──► running (takeTurn) ──settled──► the next fact of the lane is ready
 *     ▲                          ├─ wait ──► waiting ──its time─┐
 *     │                          ├─ held ──► held ──handlers ───┤
 *     └──────────────────────────│──────────── changed ─────────┘
 *                                └─ abandoned: partition lost, drain
 *
 * A lane holds a slot only while it runs, so that any number of failing keys leave the others their slots.
 */
export class Turns {
  readonly #engine: Engine;
  readonly #watchdog: Watchdog;
  readonly #host: TurnsHost;
  readonly #ready = new ReadyLanes<Partition>();
  readonly #held = new Set<Lane<Partition>>();
  #running = 0;
  /** How often the handlers have changed. */
  #changes = 0;
  #closed = false;
  /** Not null: no turn begins before it wakes. */
  #rest: Timer | null = null;
  /** Resolved when no turn is under way. */
  #calm: PromiseWithResolvers<undefined> | null = null;

  readonly #paced: Paced = { goOn: () => this.pump(), waits: false };

  constructor(engine: Engine, watchdog: Watchdog, host: TurnsHost) {
    this.#engine = engine;
    this.#watchdog = watchdog;
    this.#host = host;
  }

  /** Turns under way. */
  get running(): number {
    return this.#running;
  }

  /** The lane's first fact may take its turn: `pump` begins it. */
  makeReady(lane: Lane<Partition>): void {
    lane.state = "ready";
    lane.readyMs = this.#engine.clock.monotonicMs();
    if (lane.home.open) this.#ready.push(lane);
    else this.#watchdog.watch();
  }

  /** Begins as many turns as there are slots, and as the pace and the brake let. */
  pump(): void {
    if (this.#closed || this.#rest !== null) return;
    for (let lane = this.#ready.first; lane !== null; lane = this.#ready.first) {
      // A lane of a lost partition may still stand here: it costs no place of the round, and no try of the brake.
      const { owned } = lane.home;
      if (owned && !this.#mayBegin()) {
        this.#watchdog.watch();
        return;
      }
      this.#ready.shift();
      if (!owned) continue;
      this.#host.begins(lane);
      if (lane.facts.first !== null) void this.#run(lane, lane.facts.first);
    }
  }

  /** Whether a turn may begin now; who says no calls `pump` when one may. The brake is asked last: what it lets begin it counts. */
  #mayBegin(): boolean {
    const { brake, limits, pace } = this.#engine;
    return this.#running < limits.concurrency && pace.lets(this.#paced) && brake.lets(this.#running);
  }

  /** The lane's first fact is another, or its wait is over. */
  advance(lane: Lane<Partition>): void {
    if (lane.facts.first !== null) return this.makeReady(lane);
    lane.state = "away";
    this.#host.away(lane);
  }

  /** The partition's facts may take their turns, if nothing else keeps them. */
  begin(partition: Partition): void {
    if (!partition.open) return;
    for (const lane of partition.lanes.values()) this.advance(lane);
    this.pump();
  }

  /** What was held by a disabled handler is looked at again. */
  handlersChanged(): void {
    this.#changes++;
    for (const lane of this.#held) this.makeReady(lane);
    this.#held.clear();
  }

  /** What waits in the partition for its time need not any more. */
  wake(partition: Partition): void {
    for (const lane of partition.lanes.values()) {
      if (lane.state !== "waiting" || lane.wake === null) continue;
      lane.wake.cancel();
      lane.wake = null;
      this.advance(lane);
    }
  }

  /** Partitions were lost. */
  forgetLost(): void {
    for (const lane of this.#held) if (!lane.home.owned) this.#held.delete(lane);
    this.#ready.keep((lane) => lane.home.owned);
  }

  /** No turn begins before `resume`, or for so long. Resolves when none is under way. */
  rest(ms: number): Promise<void> {
    this.#rest?.cancel();
    this.#rest = this.#engine.clock.after(ms, () => this.resume());
    return this.#calmness();
  }

  resume(): void {
    this.#rest?.cancel();
    this.#rest = null;
    this.pump();
  }

  /** No turn begins any more. Resolves when none is under way. */
  close(): Promise<void> {
    this.#closed = true;
    this.#rest?.cancel();
    return this.#calmness();
  }

  #calmness(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    this.#calm ??= Promise.withResolvers<undefined>();
    return this.#calm.promise;
  }

  async #run(lane: Lane<Partition>, fact: Fact): Promise<void> {
    const partition = lane.home;
    const changes = this.#changes;
    lane.state = "running";
    this.#running++;
    partition.running++;
    let end: TurnEnd;
    try {
      end = await takeTurn(fact, partition.signal, this.#engine);
    } catch (thrown) {
      const fields = { group: this.#engine.group, sequence: sequenceOf(fact.record), err: messageOf(thrown) };
      this.#engine.logger.error(fields, "a defect stopped a delivery: it is tried again");
      end = { kind: "wait", ms: defectWaitMs };
    }
    this.#running--;
    partition.running--;
    // Held by a list that has changed during the turn: nobody would wake it.
    if (end.kind === "held" && changes !== this.#changes) end = { kind: "wait", ms: 0 };
    if (partition.owned) this.#apply(lane, fact, end);
    else if (partition.running === 0) this.#host.left(partition);
    if (this.#running === 0) {
      this.#calm?.resolve(undefined);
      this.#calm = null;
    }
    this.pump();
  }

  /** The turn of a fact whose partition is still ours is over. */
  #apply(lane: Lane<Partition>, fact: Fact, end: TurnEnd): void {
    switch (end.kind) {
      case "settled":
        this.#host.ended(lane, fact, end.end);
        return;
      case "wait":
        lane.state = "waiting";
        if (this.#closed) return;
        if (lane.park !== null) lane.park.flowing = false;
        lane.wake = this.#engine.clock.after(end.ms, () => {
          lane.wake = null;
          this.advance(lane);
          this.pump();
        });
        this.#host.waits(lane);
        return;
      case "held":
        lane.state = "held";
        this.#held.add(lane);
        return;
      case "abandoned":
        lane.state = "waiting";
    }
  }
}
