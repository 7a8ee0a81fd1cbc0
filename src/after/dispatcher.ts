import type { Clock } from "../model/clock.ts";
import { bounded } from "../model/deadline.ts";
import type { AfterHandler } from "../model/handler.ts";
import type { Logger } from "../model/logger.ts";
import type { RecordReader } from "../model/reading.ts";
import { type InboundRecord, sequenceOf } from "../model/record.ts";
import type { AssignedPartition, RecordSink, RecordSource } from "../model/record-source.ts";
import { Attendance } from "./attendance.ts";
import { Brake } from "./brake.ts";
import { firstOutdated, lastOutdated, succeed } from "./catch-up.ts";
import { Commits } from "./commits.ts";
import { type DrainResult, drain } from "./drain.ts";
import type { Engine } from "./engine.ts";
import type { Fact } from "./fact.ts";
import { Flow } from "./flow.ts";
import { Health } from "./health.ts";
import { sort } from "./intake.ts";
import type { Lane } from "./lane.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { Ownership } from "./ownership.ts";
import { Parking } from "./parking.ts";
import type { Partition } from "./partition.ts";
import type { AfterObserver, AfterTasks, DeadLetters, FactEnd, ParkedLog } from "./ports.ts";
import { Routes } from "./routes.ts";
import { type DispatcherStats, statsOf } from "./stats.ts";
import { TurnPace } from "./turn-pace.ts";
import { Turns } from "./turns.ts";
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
  /** What the group may hold now, beside others in the same memory; never more than `bytesHigh`, which is the default. */
  readonly bytesShare?: () => number;
  /** One for all groups of a thread. Absent: one of its own. */
  readonly pace?: TurnPace;
}

export interface Dispatcher extends Required<RecordSink> {
  /**
   * To be called whenever `handlers` returns another list. Facts held up by a disabled handler are looked at again, and
   * those that wait for their next attempt are tried now: what made it fail may be what was changed.
   */
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

/** The delivery engine of one handler group. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  return new GroupDispatcher(options);
}

/**
 * A fact becomes deliveries.
 *
 *   accept ──tombstone, unmatched, settled before──────────────────────────► settled
 *      │ known offset: no-op                                                   ▲  ▲ delivered, dead-lettered, unmatched
 *      ▼            ──a newer one tells the state it told (catch-up.ts)────────┘  │
 *   lane of its key ──first of it──► its turns (turns.ts) ────────────────────────┘
 *      │ stuck, and in the way
 *      └──────► parked (parking.ts) ──► its turns
 *
 * Only the first fact of a lane moves, and it leaves the lane only when it is settled: order per key. What is settled
 * moves the partition's watermark; what the watermark has passed is committed on a timer.
 */
class GroupDispatcher implements Dispatcher {
  readonly #engine: Engine;
  readonly #flow: Flow;
  readonly #commits: Commits;
  readonly #turns: Turns;
  readonly #parking: Parking;
  readonly #watchdog: Watchdog;
  readonly #attendance: Attendance;
  readonly #ownership = new Ownership();
  #repeated = 0;
  #draining: Promise<DrainResult> | null = null;

  constructor(options: DispatcherOptions) {
    const limits = { ...defaultLimits, ...options.limits };
    const owned = (): Iterable<Partition> => this.#ownership.all();
    const routes = new Routes(options.group, options.handlers);
    const parkedLog = options.parkedLog ?? null;
    const brake = new Brake({ ...options, limits }, () => this.#turns.pump());
    const pace = options.pace ?? new TurnPace();
    this.#engine = { ...options, limits, routes, parkedLog, health: new Health(), brake, pace };
    this.#watchdog = new Watchdog(this.#engine, owned);
    this.#flow = new Flow(options.group, options.source, limits, options.observer, options.bytesShare);
    this.#commits = new Commits(options.group, owned, { ...options, limits });
    this.#attendance = new Attendance(this.#engine, this.#flow, this.#commits, owned);
    this.#turns = new Turns(this.#engine, this.#watchdog, {
      begins: (lane) => this.#catchUp(lane),
      ended: (lane, fact, end) => {
        this.#end(lane, fact, end);
        this.#turns.advance(lane);
      },
      waits: (lane) => this.#parking.review(lane),
      away: (lane) => this.#parking.next(lane),
      left: (partition) => this.#clear(this.#ownership.left(partition)),
    });
    this.#parking = new Parking(this.#engine, this.#flow, {
      ready: (lane) => {
        this.#turns.makeReady(lane);
        this.#turns.pump();
      },
      due: (partition) => this.#commits.due(partition),
      opened: (partition) => this.#turns.begin(partition),
    });
  }

  assigned(partitions: readonly AssignedPartition[]): void {
    const { kept, gained, lost } = this.#ownership.join(partitions);
    for (const partition of lost) this.#flow.forget(partition);
    for (const partition of [...kept, ...gained]) this.#flow.reapply(partition);
    if (this.#draining === null) this.#attendance.look();
    for (const partition of gained) if (partition.park.found !== null) void this.#parking.restore(partition);
    this.#turns.forgetLost();
    this.#turns.resume();
  }

  async beforeJoin(withinMs: number): Promise<void> {
    const { clock, limits } = this.#engine;
    if (this.#draining !== null) {
      await bounded(this.#draining, withinMs, clock);
      return;
    }
    const endMs = clock.monotonicMs() + withinMs;
    // A share of the time is the commit's.
    await bounded(this.#turns.rest(limits.joinRestMs), (withinMs * 2) / 3, clock);
    const written = this.#parking.mark(this.#ownership.all()).then(() => this.#commits.flush());
    await bounded(written, endMs - clock.monotonicMs(), clock);
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
    const oldest = partition.watermark.span >= this.#engine.limits.parkSpan ? partition.oldestLane() : undefined;
    if (oldest !== undefined) this.#parking.review(oldest);
    this.#turns.pump();
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
      case "fact":
        this.#queue(partition, intake.fact);
    }
  }

  #queue(partition: Partition, fact: Fact): void {
    const lane = partition.laneOf(fact);
    const outdated = lastOutdated(fact, lane, this.#engine.routes);
    partition.enqueue(lane, fact, outdated);
    this.#flow.took(fact.bytes);
    if (outdated !== null) {
      // Whatever the lane waits for, it goes on waiting for.
      succeed(fact, outdated);
      this.#gone(partition, outdated, "superseded");
    } else if (lane.facts.first === fact) this.#turns.makeReady(lane);
    else if (lane.park !== null || lane.count >= this.#engine.limits.parkRecords) this.#parking.review(lane);
  }

  /** The first fact of a lane is about to take its turn: it ends here where the next one stands for it. */
  #catchUp(lane: Lane<Partition>): void {
    for (;;) {
      const outdated = firstOutdated(lane, this.#engine.routes);
      if (outdated === null) return;
      if (outdated.nextInLane !== null) succeed(outdated.nextInLane, outdated);
      this.#end(lane, outdated, "superseded");
    }
  }

  /** The first fact of a lane has ended. */
  #end(lane: Lane<Partition>, fact: Fact, end: FactEnd): void {
    lane.home.settle(lane, fact);
    this.#parking.ended(lane, fact);
    this.#gone(lane.home, fact, end);
  }

  /** A fact is in no lane any more. */
  #gone(partition: Partition, fact: Fact, end: FactEnd): void {
    this.#flow.gave(partition, fact.bytes);
    this.#commits.due(partition);
    this.#engine.observer.settled(this.#engine.group, end, fact.record);
  }

  /** An epoch that waited for the turns of an earlier one need not any more. */
  #clear(partition: Partition | undefined): void {
    if (partition === undefined) return;
    partition.clear = true;
    this.#turns.begin(partition);
  }

  handlersChanged(): void {
    this.#turns.handlersChanged();
    for (const partition of this.#ownership.all()) this.#turns.wake(partition);
    if (this.#draining === null) this.#attendance.look();
    this.#turns.pump();
  }

  idle(): boolean {
    const { unsettled, parkedLanes, running } = this.stats();
    return running === 0 && !this.#commits.pending && unsettled === 0 && parkedLanes === 0;
  }

  stats(): DispatcherStats {
    const { brake, clock } = this.#engine;
    const totals = { running: this.#turns.running, bytes: this.#flow.bytes, repeated: this.#repeated };
    const braked = brake.on;
    return statsOf(this.#ownership.all(), clock, { ...totals, braked, commitFailures: this.#commits.failures });
  }

  drain(deadlineMs: number): Promise<DrainResult> {
    this.#draining ??= this.#drain(deadlineMs);
    return this.#draining;
  }

  #drain(deadlineMs: number): Promise<DrainResult> {
    for (const part of [this.#engine.brake, this.#watchdog, this.#attendance]) part.close();
    for (const partition of this.#ownership.all()) partition.rest();
    this.#flow.close(this.#ownership.all());
    return drain(deadlineMs, {
      clock: this.#engine.clock,
      calm: this.#turns.close().then(() => this.#parking.close(this.#ownership.all())),
      abort: () => {
        for (const partition of this.#ownership.all()) partition.abort();
      },
      commits: this.#commits,
      retryMs: this.#engine.limits.commitEveryMs,
      unsettled: () => this.stats().unsettled,
    });
  }
}
