import { messageOf } from "../errors.ts";
import type { Clock } from "../model/clock.ts";
import type { AfterHandler } from "../model/handler.ts";
import type { Logger } from "../model/logger.ts";
import type { RecordReader } from "../model/reading.ts";
import { type InboundRecord, sequenceOf } from "../model/record.ts";
import type { AssignedPartition, RecordSink, RecordSource } from "../model/record-source.ts";
import { Attendance } from "./attendance.ts";
import { Brake } from "./brake.ts";
import { Commits } from "./commits.ts";
import { takeTurn } from "./delivery.ts";
import { type DrainResult, drain } from "./drain.ts";
import type { Engine, TurnEnd } from "./engine.ts";
import type { Fact } from "./fact.ts";
import { Flow } from "./flow.ts";
import { Health } from "./health.ts";
import { sort } from "./intake.ts";
import { type Lane, ReadyLanes } from "./lane.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { Ownership } from "./ownership.ts";
import { Parking } from "./parking.ts";
import type { Partition } from "./partition.ts";
import type { AfterObserver, AfterTasks, DeadLetters, ParkedLog } from "./ports.ts";
import { Routes } from "./routes.ts";
import { type DispatcherStats, statsOf } from "./stats.ts";
import { Watchdog } from "./watchdog.ts";

export interface DispatcherOptions {
  readonly group: string;
  /** All handlers, or the group's; the same list as long as nothing changed. */
  readonly handlers: () => readonly AfterHandler[];
  readonly source: RecordSource;
  readonly reader: RecordReader;
  readonly tasks: AfterTasks;
  readonly deadLetters: DeadLetters;
  /** Absent: no key is parked, and a stuck one holds its partition up. */
  readonly parkedLog?: ParkedLog;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly observer: AfterObserver;
  readonly logger: Logger;
  readonly limits?: Partial<Limits>;
}

export interface Dispatcher extends RecordSink {
  /** Facts held up by a disabled handler are looked at again. Call it whenever `handlers` returns something
   * new; nothing does yet: handlers change with a restart. */
  handlersChanged(): void;
  /** Nothing is unsettled and nothing is uncommitted. */
  idle(): boolean;
  stats(): DispatcherStats;
  /**
   * Takes nothing more and pauses everything; turns under way go on to their end, what waits is abandoned (uncommitted,
   * so that it is delivered after a restart); commits. Resolves after `deadlineMs` at the latest. Idempotent.
   */
  drain(deadlineMs: number): Promise<DrainResult>;
}

/** The wait after a defect of this program: the fact is never given up for it. */
const defectWaitMs = 5000;

/** The delivery engine of one handler group. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  return new GroupDispatcher(options);
}

/**
 * A fact becomes deliveries.
 *
 *   accept ──tombstone, unmatched, settled before──────────────────────────────► settled
 *      │ known offset: no-op                                                        ▲
 *      ▼                                                                            │ delivered, dead-lettered, unmatched
 *   lane of its key ──first of it──► ready ──a slot is free──► running (takeTurn) ──┤
 *                                      ▲                                            ├─ wait ──► waiting ──its time─┐
 *                                      │                                            ├─ held ──► held ──handlers ───┤
 *                                      └────────────────────────────────────────────│──────────── changed ─────────┘
 *                                                                                   └─ abandoned: partition lost, drain
 *
 * Only the first fact of a lane moves, and it leaves the lane only when it is settled: order per key. What is settled
 * moves the partition's watermark; what the watermark has passed is committed on a timer. A lane holds a slot only while
 * it runs, so that any number of failing keys leave the others their slots.
 */
class GroupDispatcher implements Dispatcher {
  readonly #engine: Engine;
  readonly #flow: Flow;
  readonly #commits: Commits;
  readonly #parking: Parking;
  readonly #brake: Brake;
  readonly #watchdog: Watchdog;
  readonly #attendance: Attendance;
  readonly #ownership = new Ownership();
  readonly #ready = new ReadyLanes<Partition>();
  readonly #held = new Set<Lane<Partition>>();
  #running = 0;
  #repeated = 0;
  /** How often the handlers have changed. */
  #changes = 0;
  #draining: Promise<DrainResult> | null = null;
  #calm: (() => void) | null = null;

  constructor(options: DispatcherOptions) {
    const limits = { ...defaultLimits, ...options.limits };
    const owned = (): Iterable<Partition> => this.#ownership.all();
    const routes = new Routes(options.group, options.handlers);
    const parkedLog = options.parkedLog ?? null;
    this.#brake = new Brake({ ...options, limits }, () => this.#pump());
    this.#engine = { ...options, limits, routes, parkedLog, health: new Health(), brake: this.#brake };
    this.#watchdog = new Watchdog(this.#engine, owned);
    this.#flow = new Flow(options.group, options.source, limits, options.observer);
    this.#commits = new Commits(options.group, owned, { ...options, limits });
    this.#attendance = new Attendance(this.#engine, this.#flow, this.#commits, owned);
    this.#parking = new Parking(this.#engine, this.#flow, {
      ready: (lane) => {
        this.#makeReady(lane);
        this.#pump();
      },
      due: (partition) => this.#commits.due(partition),
      opened: (partition) => this.#begin(partition),
    });
  }

  assigned(partitions: readonly AssignedPartition[]): void {
    const { kept, gained, lost } = this.#ownership.join(partitions);
    for (const partition of lost) this.#flow.forget(partition);
    for (const partition of [...kept, ...gained]) this.#flow.reapply(partition);
    if (this.#draining === null) this.#attendance.look();
    for (const partition of gained) if (partition.park.found !== null) void this.#parking.restore(partition);
    for (const lane of this.#held) if (!lane.home.owned) this.#held.delete(lane);
  }

  accept(records: readonly InboundRecord[]): void {
    const [first] = records;
    if (first === undefined || this.#draining !== null) return;
    const partition = this.#ownership.find(first);
    if (partition === undefined) {
      const fields = { group: this.#engine.group, records: records.length, sequence: sequenceOf(first) };
      this.#engine.logger.warn(fields, "records of a partition that is not ours: ignored");
      return;
    }
    const before = this.#repeated;
    for (const record of records) this.#take(partition, record);
    if (this.#repeated > before) this.#engine.observer.repeated(this.#engine.group, this.#repeated - before);
    const wasPaused = partition.paused;
    this.#flow.check(partition);
    if (partition.paused && !wasPaused) this.#parking.reviewAll(partition);
    if (partition.watermark.span >= this.#engine.limits.parkSpan) this.#reviewOldest(partition);
    this.#pump();
  }

  #take(partition: Partition, record: InboundRecord): void {
    const intake = sort(partition, record, this.#engine);
    switch (intake.kind) {
      case "repeated":
        this.#repeated++;
        return;
      case "ended":
        partition.watermark.skip(record.offset);
        this.#commits.due(partition);
        this.#engine.observer.settled(this.#engine.group, intake.end, record);
        return;
      case "fact": {
        const lane = partition.enqueue(intake.fact);
        this.#flow.took(intake.fact.bytes);
        if (lane.facts.first === intake.fact) this.#makeReady(lane);
        else if (lane.park !== null || lane.count >= this.#engine.limits.parkRecords) this.#parking.review(lane);
      }
    }
  }

  #reviewOldest(partition: Partition): void {
    const lane = partition.oldestLane();
    if (lane !== undefined) this.#parking.review(lane);
  }

  #makeReady(lane: Lane<Partition>): void {
    lane.state = "ready";
    lane.readyMs = this.#engine.clock.monotonicMs();
    if (lane.home.open) this.#ready.push(lane);
    else this.#watchdog.watch();
  }

  #pump(): void {
    if (this.#draining !== null) return;
    while (!this.#ready.isEmpty) {
      if (this.#running >= this.#engine.limits.concurrency || !this.#brake.lets(this.#running)) {
        this.#watchdog.watch();
        return;
      }
      const lane = this.#ready.shift();
      if (lane === null) return;
      // A lane of a lost partition may still stand here.
      if (lane.home.owned && lane.facts.first !== null) void this.#run(lane, lane.facts.first);
    }
  }

  async #run(lane: Lane<Partition>, fact: Fact): Promise<void> {
    const partition = lane.home;
    const stop = new AbortController();
    const changes = this.#changes;
    lane.state = "running";
    lane.stop = stop;
    this.#running++;
    partition.running++;
    let ended: TurnEnd;
    try {
      ended = await takeTurn(fact, stop.signal, this.#engine);
    } catch (thrown) {
      const fields = { group: this.#engine.group, sequence: sequenceOf(fact.record), err: messageOf(thrown) };
      this.#engine.logger.error(fields, "a defect stopped a delivery: it is tried again");
      ended = { kind: "wait", ms: defectWaitMs };
    }
    lane.stop = null;
    this.#running--;
    partition.running--;
    // Held by a list that has changed during the turn: nobody would wake it.
    if (ended.kind === "held" && changes !== this.#changes) ended = { kind: "wait", ms: 0 };
    if (partition.owned) this.#apply(lane, fact, ended);
    else if (partition.running === 0) this.#clear(this.#ownership.left(partition));
    if (this.#running === 0) this.#calm?.();
    this.#pump();
  }

  /** The turn of a fact whose partition is still ours has ended. */
  #apply(lane: Lane<Partition>, fact: Fact, ended: TurnEnd): void {
    switch (ended.kind) {
      case "settled": {
        const partition = lane.home;
        partition.settle(lane, fact);
        this.#flow.gave(partition, fact.bytes);
        this.#commits.due(partition);
        this.#parking.ended(lane, fact);
        this.#advance(lane);
        this.#engine.observer.settled(this.#engine.group, ended.end, fact.record);
        return;
      }
      case "wait":
        lane.state = "waiting";
        if (this.#draining !== null) return;
        if (lane.park !== null) lane.park.flowing = false;
        lane.wake = this.#engine.clock.after(ended.ms, () => {
          lane.wake = null;
          this.#advance(lane);
          this.#pump();
        });
        this.#parking.review(lane);
        return;
      case "held":
        lane.state = "held";
        this.#held.add(lane);
        return;
      case "abandoned":
        lane.state = "waiting";
    }
  }

  /** The lane's first fact is another, or its wait is over. */
  #advance(lane: Lane<Partition>): void {
    if (lane.facts.first !== null) return this.#makeReady(lane);
    lane.state = "away";
    this.#parking.next(lane);
  }

  /** An epoch that waited for the turns of an earlier one need not any more. */
  #clear(partition: Partition | undefined): void {
    if (partition === undefined) return;
    partition.clear = true;
    this.#begin(partition);
  }

  #begin(partition: Partition): void {
    if (!partition.open) return;
    for (const lane of partition.lanes.values()) this.#advance(lane);
    this.#pump();
  }

  handlersChanged(): void {
    this.#changes++;
    for (const lane of this.#held) this.#makeReady(lane);
    this.#held.clear();
    if (this.#draining === null) this.#attendance.look();
    this.#pump();
  }

  idle(): boolean {
    const { unsettled, parkedLanes } = this.stats();
    return this.#running === 0 && !this.#commits.pending && unsettled === 0 && parkedLanes === 0;
  }

  stats(): DispatcherStats {
    const { clock } = this.#engine;
    const totals = { running: this.#running, bytes: this.#flow.bytes, repeated: this.#repeated };
    const braked = this.#brake.on;
    return statsOf(this.#ownership.all(), clock, { ...totals, braked, commitFailures: this.#commits.failures });
  }

  drain(deadlineMs: number): Promise<DrainResult> {
    this.#draining ??= this.#drain(deadlineMs);
    return this.#draining;
  }

  #drain(deadlineMs: number): Promise<DrainResult> {
    for (const part of [this.#brake, this.#watchdog, this.#attendance]) part.close();
    for (const partition of this.#ownership.all()) partition.rest();
    this.#flow.close(this.#ownership.all());
    return drain(deadlineMs, {
      clock: this.#engine.clock,
      calm: this.#turnsOver().then(() => this.#parking.close(this.#ownership.all())),
      abort: () => {
        for (const partition of this.#ownership.all()) partition.abort();
      },
      commits: this.#commits,
      retryMs: this.#engine.limits.commitEveryMs,
      unsettled: () => this.stats().unsettled,
    });
  }

  #turnsOver(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => (this.#calm = resolve));
  }
}
