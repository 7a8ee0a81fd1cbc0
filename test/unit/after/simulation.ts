import { createDispatcher, type Dispatcher } from "../../../src/after/dispatcher.ts";
import type { AttemptOutcome, FactEnd } from "../../../src/after/ports.ts";
import { BridgeError } from "../../../src/errors.ts";
import type { Clock } from "../../../src/model/clock.ts";
import { readNote } from "../../../src/model/commit-note.ts";
import type { AfterHandler } from "../../../src/model/handler.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import { type InboundRecord, sequenceOf, type TopicPartition } from "../../../src/model/record.ts";
import type { CommitPosition, RecordSource } from "../../../src/model/record-source.ts";
import { decodeSettled } from "../../../src/model/settled-map.ts";
import type { TaskCall } from "../../../src/model/task-call.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeParkedLog, FakeParkedTopic, type Fate } from "./fake-parked-log.ts";
import { delivered, FakeReader, failed, handler, Journal, record, topic } from "./world.ts";

/** `ok` is delivered, `refused` answered 400, `vendor` named by no handler, `mixed` refused by the second handler only. */
export type Kind = "ok" | "refused" | "mixed" | "vendor" | "tombstone" | "poison";

const retry = { scheduleMs: [0, 1000, 5000, 60_000], maxAgeMs: 3600_000, jitter: 0.2, maxRetryAfterMs: 1000 };
const handlerIds = ["first", "second"];
export const partitions = 3;

/**
 * A naive broker, consumer group and handlers around real dispatchers, and the ledger of what happened. Every promise of
 * the engine is asserted where it could be broken: at each attempt, each settling and each commit.
 */
export class Simulation {
  readonly clock = new FakeClock();
  readonly logs: InboundRecord[][] = Array.from({ length: partitions }, () => []);
  readonly committed = new Map<number, CommitPosition>();
  readonly members: Member[];
  readonly sickKeys = new Set<string>();
  readonly reader = new FakeReader();
  readonly #kinds = new Map<string, Kind>();
  /** `sequence handler`, once a handler has the fact or its dead letter is written; handler "" for poison. */
  readonly #ended = new Set<string>();
  /** Broken promises; kept here, because the engine would take a throw for a failure of its surroundings. */
  readonly violations: string[] = [];
  generation = 0;
  commitsFail = false;
  lettersFail = false;
  parkFails = false;
  readonly parkedTopic = new FakeParkedTopic();
  /** How often what, so that a property knows that it met it. */
  readonly seen = { parked: 0, unparked: 0, restored: 0 };
  handlers: readonly AfterHandler[] = handlerIds.map((id, at) => handler(id, { priority: at, retry }));
  readonly #random: () => number;

  constructor(seed: number, members = 2) {
    this.#random = mulberry32(seed);
    this.members = Array.from({ length: members }, () => new Member(this));
  }

  random(): number {
    return this.#random();
  }

  must(kept: boolean, violation: string): void {
    if (!kept) this.violations.push(violation);
  }

  produce(partition: number, key: string | null, kind: Kind, gap: number): void {
    const log = this.logs[partition]!;
    const offset = (log.at(-1)?.offset ?? -1) + 1 + gap;
    const type = kind === "vendor" ? "vendor.thing" : "clients.update";
    const made = record(offset, { partition, key, type, value: kind === "tombstone" ? null : kind });
    log.push(made);
    this.#kinds.set(sequenceOf(made), kind);
  }

  /** A new generation: `owners[partition]` is a member or none; the member `unaware` is not told. */
  rebalance(owners: readonly number[], unaware = -1): void {
    this.generation++;
    this.members.forEach((member, at) => {
      if (at === unaware) member.expelled = true;
      else member.join(owners.flatMap((owner, partition) => (owner === at ? [partition] : [])));
    });
  }

  switchHandler(at: number, status: "enabled" | "disabled"): void {
    this.handlers = this.handlers.map((one, index) => (index === at ? { ...one, status } : one));
    for (const member of this.members) member.dispatcher.handlersChanged();
  }

  /** Whether a fact may be committed: each handler has it or its dead letter is written. */
  hasEnded(sequence: string): boolean {
    const kind = this.#kinds.get(sequence);
    if (kind === "tombstone" || kind === "vendor") return true;
    if (kind === "poison") return this.#ended.has(`${sequence} `);
    return handlerIds.every((id) => this.#ended.has(`${sequence} ${id}`));
  }

  end(sequence: string, handlerId: string | null): void {
    this.#ended.add(`${sequence} ${handlerId ?? ""}`);
  }

  answer(to: AfterHandler, call: TaskCall, key: string | null): AttemptOutcome {
    const kind = this.#kinds.get(call.sequence);
    if (key !== null && this.sickKeys.has(key)) return failed({ kind: "status", status: 503 });
    if (this.random() < 0.1) return failed({ kind: "timeout" });
    if (this.random() < 0.05) return failed({ kind: "overload" });
    if (kind === "refused" || (kind === "mixed" && to.id === "second")) return failed({ kind: "status", status: 400 });
    return delivered;
  }

  checkEnd(sequence: string, end: FactEnd): void {
    const kind = this.#kinds.get(sequence)!;
    const allowed: Record<Kind, FactEnd[]> = {
      ok: ["delivered", "dead-lettered"],
      refused: ["dead-lettered"],
      mixed: ["dead-lettered"],
      poison: ["dead-lettered"],
      vendor: ["unmatched"],
      tombstone: ["tombstone"],
    };
    if (end === "settled-before") {
      this.must(this.hasEnded(sequence) || this.isParked(sequence), `${sequence} was passed over, and not ended`);
      return;
    }
    this.must(allowed[kind].includes(end), `${sequence} (${kind}) ended ${end}`);
    this.must(this.hasEnded(sequence), `${sequence} settled as ${end}, but not ended`);
  }

  /** Whether a copy of it stands in the parked topic from there on. */
  isParked(sequence: string, partition?: number, from = 0): boolean {
    return this.parkedTopic.partitions.some((log, number) =>
      log.some(
        ({ entry }) =>
          (partition ?? number) === number &&
          entry.at >= from &&
          entry.kind === "record" &&
          sequenceOf(entry.record) === sequence,
      ),
    );
  }

  parkFate(): Fate {
    const roll = this.random();
    if (this.parkFails) return roll < 0.5 ? "refused" : roll < 0.8 ? "unheard" : "late";
    return roll < 0.9 ? "written" : roll < 0.95 ? "refused" : roll < 0.98 ? "unheard" : "late";
  }

  commit(positions: readonly CommitPosition[]): void {
    for (const position of positions) {
      const log = this.logs[position.partition]!;
      const before = this.committed.get(position.partition)?.offset ?? 0;
      this.must(position.offset >= before, `commit of ${position.partition} went back to ${position.offset}`);
      const note = readNote(position.metadata);
      const map = note.settled === null ? null : decodeSettled(note.settled);
      this.must((map?.from ?? position.offset) === position.offset, "the metadata belongs to another offset");
      const unsettled = new Set(map?.unsettled);
      for (const { offset } of log) {
        const said = offset < position.offset || (map !== null && offset < map.until && !unsettled.has(offset));
        const sequence = sequenceOf({ topic, partition: position.partition, offset });
        const parked = (): boolean =>
          note.park !== null && this.isParked(sequence, note.park.partition, note.park.from);
        if (said) this.must(this.hasEnded(sequence) || parked(), `${sequence} was committed before it ended`);
      }
      this.committed.set(position.partition, position);
    }
  }
}

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
  readonly #settled = new Set<string>();
  readonly dispatcher: Dispatcher;

  constructor(sim: Simulation) {
    this.#sim = sim;
    const { clock } = sim;
    const mortal: Clock = {
      monotonicMs: () => clock.monotonicMs(),
      epochMs: () => clock.epochMs(),
      after: (ms, then) => clock.after(ms, () => this.#alive && then()),
    };
    const parkedLog = new FakeParkedLog(sim.parkedTopic, () => this.#pass(sim.random() * 40));
    parkedLog.fate = () => sim.parkFate();
    parkedLog.readable = () => !sim.parkFails && sim.random() > 0.1;
    const open = parkedLog.open.bind(parkedLog);
    parkedLog.open = (group, source, follows) => {
      if (follows !== null) sim.seen.restored++;
      return open(group, source, follows);
    };
    parkedLog.lost = (_group, range) => sim.must(false, `lost ${JSON.stringify(range)}`);
    const journal = new Journal();
    journal.parking = () => {
      sim.seen.parked++;
    };
    journal.unparked = () => {
      sim.seen.unparked++;
    };
    journal.settled = (_group, end, at) => this.#onSettled(end, at);
    this.dispatcher = createDispatcher({
      group: "switch",
      handlers: () => sim.handlers,
      source: this,
      reader: sim.reader,
      tasks: { deliver: (to, call, signal) => this.#deliver(to, call, signal) },
      deadLetters: {
        write: async (letter) => {
          await this.#pass(sim.random() * 200);
          if (sim.lettersFail || sim.random() < 0.1) throw new BridgeError("RECORD_REFUSED", "refused");
          sim.end(sequenceOf(letter.record), letter.handler);
        },
      },
      parkedLog,
      clock: mortal,
      random: () => sim.random(),
      observer: journal,
      logger: silentLogger,
      limits: {
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
      },
    });
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
    for (const partition of owned) {
      if (!this.#positions.has(partition)) this.#epochs.set(partition, (this.#epochs.get(partition) ?? 0) + 1);
    }
    this.#positions = new Map(owned.map((partition) => [partition, this.#sim.committed.get(partition)?.offset ?? 0]));
    this.#paused.clear();
    this.dispatcher.assigned(
      owned.map((partition) => ({
        topic,
        partition,
        offset: this.#sim.committed.get(partition)?.offset ?? null,
        metadata: this.#sim.committed.get(partition)?.metadata ?? null,
      })),
    );
  }

  poll(most: number): void {
    if (!this.#alive) return;
    for (const [partition, position] of this.#positions) {
      if (this.#paused.has(partition)) continue;
      const batch = this.#sim.logs[partition]!.filter(({ offset }) => offset >= position).slice(0, most);
      const last = batch.at(-1);
      if (last === undefined) continue;
      this.#positions.set(partition, last.offset + 1);
      this.dispatcher.accept(batch);
    }
  }

  /** SIGKILL: nothing of it moves any more. */
  crash(): void {
    this.#alive = false;
  }

  get caughtUp(): boolean {
    const all = [...this.#positions].every(
      ([partition, position]) => position > (this.#sim.logs[partition]!.at(-1)?.offset ?? -1),
    );
    return all && this.dispatcher.idle();
  }

  pause({ partition }: TopicPartition): void {
    this.#paused.add(partition);
  }

  resume({ partition }: TopicPartition): void {
    this.#sim.must(this.#paused.delete(partition), `resumed ${partition}, which was not paused`);
  }

  async commit(positions: readonly CommitPosition[]): Promise<void> {
    for (const { partition } of positions)
      this.#sim.must(this.#positions.has(partition), `committed ${partition}, not owned`);
    const generation = this.#generation;
    await this.#pass(this.#sim.random() * 50);
    const fenced = generation !== this.#sim.generation;
    if (fenced || this.#sim.commitsFail || this.#sim.random() < 0.1) throw new BridgeError("BROKER_UNAVAILABLE", "no");
    this.#sim.commit(positions);
    if (this.#sim.random() < 0.05) throw new BridgeError("BROKER_UNAVAILABLE", "the answer was lost");
  }

  async #deliver(to: AfterHandler, call: TaskCall, signal: AbortSignal): Promise<AttemptOutcome> {
    const [, partition = "", offset = ""] = call.sequence.split("/");
    const at = this.#sim.logs[Number(partition)]!.find((one) => one.offset === Number(offset))!;
    const key = at.key?.toString() ?? null;
    const lane = `${partition} ${key ?? "(null)"}`;
    this.#sim.must(!this.#underWay.has(lane), `two calls of ${lane} at once`);
    const epoch = `${lane} ${this.#epochs.get(Number(partition)) ?? 0}`;
    const last = this.#lastOfKey.get(epoch) ?? -1;
    this.#sim.must(at.offset >= last, `${call.sequence} after ${last}`);
    for (const before of this.#sim.logs[at.partition]!) {
      if (before.offset >= at.offset || (before.key?.toString() ?? null) !== key) continue;
      this.#sim.must(this.#sim.hasEnded(sequenceOf(before)), `${call.sequence} overtook ${before.offset}`);
    }
    this.#lastOfKey.set(epoch, at.offset);
    this.#underWay.add(lane);
    const aborted = new Promise<boolean>((resolve) => signal.addEventListener("abort", () => resolve(true)));
    const cut = await Promise.race([aborted, this.#pass(this.#sim.random() * 400).then(() => false)]);
    this.#underWay.delete(lane);
    if (cut) return failed({ detail: "aborted" });
    const outcome = this.#sim.answer(to, call, key);
    if (outcome.kind === "delivered") this.#sim.end(call.sequence, to.id);
    return outcome;
  }

  #onSettled(end: FactEnd, at: InboundRecord): void {
    const sequence = sequenceOf(at);
    const once = `${sequence} ${this.#epochs.get(at.partition) ?? 0}`;
    // What was parked is passed over when its source hands it over again, and ends when its copy does.
    if (end !== "settled-before") {
      this.#sim.must(!this.#settled.has(once), `${sequence} ended twice`);
      this.#settled.add(once);
    }
    this.#sim.checkEnd(sequence, end);
  }

  /** Never resolves for the dead. */
  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => this.#sim.clock.after(ms, () => this.#alive && resolve()));
  }
}

/** A small seeded generator, so that fast-check can shrink and repeat a run. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
