import { createDispatcher, type Dispatcher } from "../../../src/after/dispatcher.ts";
import type { AfterTasks, AttemptOutcome, FactEnd } from "../../../src/after/ports.ts";
import { TurnPace } from "../../../src/after/turn-pace.ts";
import { withReplays } from "../../../src/bridge/replays.ts";
import { BridgeError } from "../../../src/errors.ts";
import type { Clock } from "../../../src/model/clock.ts";
import type { AfterHandler } from "../../../src/model/handler.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import { type InboundRecord, sequenceOf, type TopicPartition } from "../../../src/model/record.ts";
import type { CommitPosition, RecordSource } from "../../../src/model/record-source.ts";
import type { TaskCall } from "../../../src/model/task-call.ts";
import { createEgress } from "../../../src/tasks/egress.ts";
import { guardTasks } from "../../../src/tasks/guarded.ts";
import { FakeParkedLog } from "./fake-parked-log.ts";
import { partitionAt, placeOf, replaysTopic, type Simulation } from "./simulation.ts";
import { failed, Journal } from "./world.ts";

/** Small, so that every bound is met. */
const limits = {
  concurrency: 4,
  partitionHigh: 12,
  partitionLow: 6,
  span: 40,
  parkRecords: 4,
  parkSpan: 20,
  parkTries: 2,
  brakeAfter: 6,
  brakeWaitMs: 500,
  brakeLongestMs: 2000,
};

/** One process of the group: a consumer that hands over from its positions, and its dispatcher. */
export class Member implements RecordSource {
  readonly #sim: Simulation;
  #alive = true;
  #generation = 0;
  expelled = false;
  #positions = new Map<number, number>();
  #paused = new Set<number>();
  /** Counts the times a partition was gained: order is promised within one. */
  #epochs = new Map<number, number>();
  readonly #underWay = new Set<string>();
  readonly #lastOfKey = new Map<string, number>();
  readonly #handed = new Set<string>();
  readonly #settled = new Set<string>();
  /** Of the partitions it owns: handed over and not settled at their source; copied since it was gained and not ended. */
  readonly #atSource = new Map<string, number>();
  /** Ended when their key left the park. */
  #left: InboundRecord[] = [];
  readonly #copied = new Map<string, number>();
  readonly dispatcher: Dispatcher;

  constructor(sim: Simulation) {
    this.#sim = sim;
    const { clock } = sim;
    const mortal: Clock = {
      monotonicMs: () => clock.monotonicMs(),
      epochMs: () => clock.epochMs(),
      after: (ms, then) => clock.after(ms, () => this.#alive && then()),
    };
    const replays = withReplays(replaysTopic, {
      group: "switch",
      members: () => sim.handlers,
      reader: sim.reader,
      tasks: sim.guarded ? this.#guard(mortal) : { deliver: (to, call, signal) => this.#call(to, call, signal) },
      deadLetters: {
        write: async (letter) => {
          await this.#pass(sim.random() * 200);
          if (sim.lettersFail || sim.random() < 0.1) throw new BridgeError("RECORD_REFUSED", "refused");
          sim.wrote(letter);
        },
      },
      logger: silentLogger,
    });
    this.dispatcher = createDispatcher({
      group: "switch",
      handlers: replays.members,
      source: this,
      reader: replays.reader,
      tasks: { deliver: (to, call, signal) => this.#deliver(replays.tasks, to, call, signal) },
      deadLetters: {
        write: async (letter) => {
          await replays.deadLetters.write(letter);
          sim.end(sequenceOf(letter.record), letter.handler, "dead-lettered");
        },
      },
      parkedLog: this.#parkedLog(),
      clock: mortal,
      random: () => sim.random(),
      observer: this.#journal(),
      logger: silentLogger,
      limits,
      pace: new TurnPace(2, (go) => void mortal.after(1, go)),
    });
  }

  #parkedLog(): FakeParkedLog {
    const sim = this.#sim;
    const parkedLog = new FakeParkedLog(sim.parkedTopic, () => this.#pass(sim.random() * 40));
    parkedLog.fate = () => sim.parkFate();
    parkedLog.readable = () => !sim.parkFails && sim.random() > 0.1;
    const open = parkedLog.open.bind(parkedLog);
    parkedLog.open = (group, source, follows) => {
      if (follows !== null) sim.seen.restored++;
      return open(group, source, follows);
    };
    parkedLog.lost = (_group, range) => sim.must(false, `lost ${JSON.stringify(range)}`);
    return parkedLog;
  }

  #journal(): Journal {
    const { seen } = this.#sim;
    const journal = new Journal();
    journal.parking = () => {
      seen.parked++;
    };
    journal.unparked = (_group, at, key) => {
      seen.unparked++;
      const place = placeOf(at);
      // Of a key that keeps no order others may be parked still.
      if (this.#sim.unordered) return;
      // What this owner has still to read, or to deliver, ended through one that had lost the partition: it comes once more.
      const isDone = (one: InboundRecord): boolean =>
        one.offset < (this.#positions.get(place) ?? 0) &&
        !this.#atSource.has(sequenceOf(one)) &&
        !this.#copied.has(sequenceOf(one));
      this.#left.push(...this.#sim.endedOf(place, key).filter(isDone));
    };
    journal.parked = (_group, at) => {
      this.#atSource.delete(sequenceOf(at));
      this.#copied.set(sequenceOf(at), placeOf(at));
    };
    journal.settled = (_group, end, at) => this.#onSettled(end, at);
    return journal;
  }

  /** The breaker and the rate limit of the bridge before the handlers. */
  #guard(clock: Clock): AfterTasks {
    const { seen } = this.#sim;
    const guard = guardTasks({
      tasks: {
        egress: createEgress([]),
        ask: () => Promise.reject(new Error("not asked")),
        deliver: (to, call, signal) => this.#call(to, call, signal),
        forget: () => undefined,
        close: () => Promise.resolve(),
      },
      pool: "after",
      handlers: this.#sim.handlers,
      clock,
      random: () => this.#sim.random(),
      observer: ({ to }) => {
        if (to === "open") seen.opened++;
      },
    });
    return {
      deliver: async (to, call, signal) => {
        const outcome = await guard.deliver(to, call, signal);
        if (outcome.kind === "failure" && outcome.failure.detail.includes("rate limit")) seen.limited++;
        return outcome;
      },
    };
  }

  /** Whether it owns what it thinks it owns: one that was expelled need not know it yet. */
  get #isCurrent(): boolean {
    return this.#generation === this.#sim.generation;
  }

  /** Joins the current generation; kafkajs fetches again from what is committed, and forgets what was paused. */
  join(owned: readonly number[]): void {
    if (!this.#alive) return;
    if (this.expelled) {
      this.dispatcher.assigned([]);
      this.#positions.clear();
    }
    this.expelled = false;
    this.#generation = this.#sim.generation;
    for (const place of owned) {
      if (!this.#positions.has(place)) this.#epochs.set(place, (this.#epochs.get(place) ?? 0) + 1);
    }
    const kept = owned.filter((place) => this.#positions.has(place));
    for (const known of [this.#atSource, this.#copied])
      for (const [sequence, place] of known) if (!kept.includes(place)) known.delete(sequence);
    this.#left = this.#left.filter((at) => kept.includes(placeOf(at)));
    this.#positions = new Map(owned.map((place) => [place, this.#sim.committed.get(place)?.offset ?? 0]));
    this.#paused.clear();
    this.dispatcher.assigned(
      owned.map((place) => ({
        ...partitionAt(place),
        offset: this.#sim.committed.get(place)?.offset ?? null,
        metadata: this.#sim.committed.get(place)?.metadata ?? null,
      })),
    );
  }

  poll(most: number): void {
    if (!this.#alive) return;
    for (const [place, position] of this.#positions) {
      if (this.#paused.has(place)) continue;
      const batch = this.#sim.logs[place]!.filter(({ offset }) => offset >= position).slice(0, most);
      const last = batch.at(-1);
      if (last === undefined) continue;
      this.#positions.set(place, last.offset + 1);
      for (const at of batch) {
        if (this.#handed.has(this.#once(at))) continue;
        this.#handed.add(this.#once(at));
        this.#atSource.set(sequenceOf(at), place);
      }
      this.dispatcher.accept(batch);
    }
  }

  /** SIGKILL: nothing of it moves any more. */
  crash(): void {
    this.#alive = false;
  }

  get caughtUp(): boolean {
    const all = [...this.#positions].every(
      ([place, position]) => position > (this.#sim.logs[place]!.at(-1)?.offset ?? -1),
    );
    return all && this.dispatcher.idle();
  }

  /** Conservation within a member: what it was handed and what has left it make up what it says that it holds. */
  audit(): void {
    if (!this.#alive) return;
    const { heldLanes, parkedFacts, unsettled } = this.dispatcher.stats();
    this.#sim.must(unsettled === this.#atSource.size, `${unsettled} unsettled, handed over ${this.#atSource.size}`);
    this.#sim.must(parkedFacts >= this.#copied.size, `${parkedFacts} parked of ${this.#copied.size} copies`);
    if (heldLanes > 0) this.#sim.seen.held++;
  }

  pause(at: TopicPartition): void {
    this.#paused.add(placeOf(at));
  }

  resume(at: TopicPartition): void {
    this.#sim.must(this.#paused.delete(placeOf(at)), `resumed ${placeOf(at)}, which was not paused`);
  }

  async commit(positions: readonly CommitPosition[]): Promise<void> {
    for (const at of positions) this.#sim.must(this.#positions.has(placeOf(at)), `committed ${placeOf(at)}, not owned`);
    const generation = this.#generation;
    const left = [...this.#left];
    await this.#pass(this.#sim.random() * 50);
    const fenced = generation !== this.#sim.generation;
    if (fenced || this.#sim.commitsFail || this.#sim.random() < 0.1) throw new BridgeError("BROKER_UNAVAILABLE", "no");
    this.#sim.commit(positions);
    const places = new Set(positions.map(placeOf));
    this.#sim.left(left.filter((at) => places.has(placeOf(at))));
    if (this.#sim.random() < 0.05) throw new BridgeError("BROKER_UNAVAILABLE", "the answer was lost");
  }

  /** One attempt as the engine makes it: here order within the lane is held. */
  async #deliver(tasks: AfterTasks, to: AfterHandler, call: TaskCall, signal: AbortSignal): Promise<AttemptOutcome> {
    const sim = this.#sim;
    const [of = "", partition = "", offset = ""] = call.sequence.split("/");
    const place = placeOf({ topic: of, partition: Number(partition) });
    const at = sim.logs[place]!.find((one) => one.offset === Number(offset))!;
    const key = at.key?.toString() ?? null;
    const lane = sim.unordered ? call.sequence : `${place} ${key ?? "(null)"}`;
    sim.must(!this.#underWay.has(lane), `two calls of ${lane} at once`);
    const epoch = `${lane} ${this.#epochs.get(place) ?? 0}`;
    const last = this.#lastOfKey.get(epoch) ?? -1;
    sim.must(at.offset >= last, `${call.sequence} after ${last}`);
    for (const before of sim.logs[place]!) {
      if (before.offset >= at.offset || (before.key?.toString() ?? null) !== key) continue;
      if (sim.hasEnded(sequenceOf(before))) continue;
      sim.seen.overtaken++;
      sim.must(sim.unordered, `${call.sequence} overtook ${before.offset}`);
    }
    if (this.#isCurrent) sim.checkAlive(at);
    this.#lastOfKey.set(epoch, at.offset);
    this.#underWay.add(lane);
    const outcome = await tasks.deliver(to, call, signal);
    this.#underWay.delete(lane);
    if (outcome.kind === "delivered") sim.end(call.sequence, to.id, "delivered");
    return outcome;
  }

  /** One call as the handler sees it. */
  async #call(to: AfterHandler, call: TaskCall, signal: AbortSignal): Promise<AttemptOutcome> {
    const aborted = new Promise<boolean>((resolve) => signal.addEventListener("abort", () => resolve(true)));
    const cut = await Promise.race([aborted, this.#pass(this.#sim.random() * 400).then(() => false)]);
    return cut ? failed({ detail: "aborted" }) : this.#sim.answer(to, call);
  }

  #onSettled(end: FactEnd, at: InboundRecord): void {
    const sequence = sequenceOf(at);
    const once = this.#once(at);
    // What was parked is passed over when its source hands it over again, and ends when its copy does.
    if (end !== "settled-before") {
      this.#sim.must(!this.#settled.has(once), `${sequence} ended twice`);
      this.#copied.delete(sequence);
      this.#settled.add(once);
    }
    this.#atSource.delete(sequence);
    this.#sim.checkEnd(sequence, end);
  }

  #once(at: InboundRecord): string {
    return `${sequenceOf(at)} ${this.#epochs.get(placeOf(at)) ?? 0}`;
  }

  /** Never resolves for the dead. */
  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => this.#sim.clock.after(ms, () => this.#alive && resolve()));
  }
}
