import type { AttemptOutcome, DeadLetter, FactEnd } from "../../../src/after/ports.ts";
import { replayRecord } from "../../../src/kafka/records/replays.ts";
import { readNote } from "../../../src/model/commit-note.ts";
import type { AfterHandler } from "../../../src/model/handler.ts";
import { type InboundRecord, sequenceOf, type TopicPartition } from "../../../src/model/record.ts";
import type { CommitPosition } from "../../../src/model/record-source.ts";
import { decodeSettled } from "../../../src/model/settled-map.ts";
import type { TaskCall } from "../../../src/model/task-call.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeParkedTopic, type Fate } from "./fake-parked-log.ts";
import {
  concerned,
  endsOf,
  type Kind,
  type SimEvent,
  type SimLetter,
  stateType,
  tellsState,
  type Whereabouts,
} from "./sim-events.ts";
import { Member } from "./sim-member.ts";
import { delivered, FakeReader, failed, handler, record, topic } from "./world.ts";

const retry = { scheduleMs: [0, 1000, 5000, 60_000], maxAgeMs: 3600_000, jitter: 0.2, maxRetryAfterMs: 1000 };
export const handlerIds = ["first", "second"];
/** Of facts; the partition of the replays is one more. */
export const partitions = 3;
export const replaysTopic = "billing.replays";
export const places = partitions + 1;

/** Where a partition stands in the lists of the simulation. */
export function placeOf(at: TopicPartition): number {
  return at.topic === replaysTopic ? partitions : at.partition;
}

export function partitionAt(place: number): TopicPartition {
  return place === partitions ? { topic: replaysTopic, partition: 0 } : { topic, partition: place };
}

export interface SimOptions {
  readonly members?: number;
  /** Breakers, places and this rate limit of the second handler stand before the handlers. */
  readonly rateLimit?: AfterHandler["rateLimit"];
  /** The handlers ask for the latest state, and some of the facts tell one. */
  readonly latest?: boolean;
  /** At the start the handlers ask for no order; they may come to ask for it. */
  readonly unordered?: boolean;
}

/**
 * A naive broker, consumer group and handlers around real dispatchers, and the ledger of what happened. Every promise of
 * the engine is asserted where it could be broken: at each attempt, each settling and each commit.
 */
export class Simulation {
  readonly clock = new FakeClock();
  readonly logs: InboundRecord[][] = Array.from({ length: places }, () => []);
  readonly committed = new Map<number, CommitPosition>();
  readonly members: Member[];
  readonly sickKeys = new Set<string>();
  /** Handlers that fail whatever comes. */
  readonly down = new Set<string>();
  /** Handlers refuse what they are meant to refuse; once it is false they take everything. */
  strict = true;
  readonly reader = new FakeReader();
  readonly letters: SimLetter[] = [];
  readonly #events = new Map<string, SimEvent>();
  /** `sequence handler`, once a handler has the record or its dead letter is written; handler "" for poison. */
  readonly #ended = new Map<string, "delivered" | "dead-lettered">();
  /** `sequence handler` of the fact, whether it came by itself or back from the dead letters. */
  readonly #arrived = new Set<string>();
  /** Nobody has them any more, and nobody may deliver them again. */
  readonly #gone = new Set<string>();
  readonly #deliveryIds = new Map<string, string>();
  /** Broken promises; kept here, because the engine would take a throw for a failure of its surroundings. */
  readonly violations: string[] = [];
  generation = 0;
  commitsFail = false;
  lettersFail = false;
  parkFails = false;
  readonly parkedTopic = new FakeParkedTopic();
  /** How often what, so that a property knows that it met it. */
  readonly seen = {
    parked: 0,
    unparked: 0,
    restored: 0,
    replayed: 0,
    returned: 0,
    opened: 0,
    limited: 0,
    held: 0,
    superseded: 0,
    overtaken: 0,
  };
  handlers: readonly AfterHandler[];
  readonly guarded: boolean;
  readonly #random: () => number;
  readonly #latest: boolean;
  readonly unordered: boolean;
  readonly #audited = new Set<InboundRecord>();
  readonly #superseded = new Set<string>();

  constructor(seed: number, { latest = false, members = 2, rateLimit, unordered = false }: SimOptions = {}) {
    this.#latest = latest;
    this.unordered = unordered;
    this.#random = mulberry32(seed);
    this.guarded = rateLimit !== undefined;
    this.handlers = handlerIds.map((id, at) =>
      handler(id, {
        events: ["clients.update", stateType],
        priority: at,
        retry,
        ...(at === 1 && rateLimit !== undefined ? { rateLimit } : {}),
        ...(latest ? { catchUp: "latest" } : {}),
        ...(unordered ? { ordered: false } : {}),
      }),
    );
    this.members = Array.from({ length: members }, () => new Member(this));
  }

  random(): number {
    return this.#random();
  }

  must(kept: boolean, violation: string): void {
    if (!kept) this.violations.push(violation);
  }

  produce(partition: number, key: string | null, kind: Kind, gap: number): void {
    const update = this.#latest && this.random() < 0.7 ? stateType : "clients.update";
    const type = kind === "vendor" ? "vendor.thing" : update;
    const offset = this.#nextOffset(partition) + gap;
    this.#append({
      record: record(offset, { partition, key, type, value: kind === "tombstone" ? null : kind }),
      kind,
      replay: null,
    });
  }

  /** A dead letter goes back; `foreign`: to another group, which is none of this one's business. */
  replay({ letter }: SimLetter, foreign = false): void {
    const { handler: to, reason } = letter;
    const group = foreign ? "other" : letter.group;
    const stored = { ...letter, group, reason, eventId: null, attempts: [], deadAt: "" };
    const back = replayRecord(replaysTopic, stored, { partition: 0, offset: 0 });
    const { key, value } = letter.record;
    const at = { topic: replaysTopic, partition: 0, offset: this.#nextOffset(partitions) };
    const made: InboundRecord = { ...at, timestampMs: this.clock.epochMs(), key, value, headers: back.headers };
    const { kind } = this.#events.get(sequenceOf(letter.record))!;
    this.#append({ record: made, kind, replay: { handler: to, foreign } });
  }

  #nextOffset(place: number): number {
    return (this.logs[place]!.at(-1)?.offset ?? -1) + 1;
  }

  #append(event: SimEvent): void {
    this.logs[placeOf(event.record)]!.push(event.record);
    this.#events.set(sequenceOf(event.record), event);
  }

  /** A new generation: `owners[partition]` is a member or none; the member `unaware` is not told. */
  rebalance(owners: readonly number[], unaware = -1): void {
    this.generation++;
    const owned = Array.from({ length: places }, (_, place) => owners[place % owners.length]);
    this.members.forEach((member, at) => {
      if (at === unaware) member.expelled = true;
      else member.join(owned.flatMap((owner, place) => (owner === at ? [place] : [])));
    });
  }

  switchHandler(at: number, status: "enabled" | "disabled"): void {
    this.handlers = this.handlers.map((one, index) => (index === at ? { ...one, status } : one));
    for (const member of this.members) member.dispatcher.handlersChanged();
  }

  /** All handlers come to ask for order, or no more. */
  order(ordered: boolean): void {
    const usual = (one: AfterHandler): AfterHandler =>
      Object.fromEntries(Object.entries(one).filter(([key]) => key !== "ordered")) as unknown as AfterHandler;
    this.handlers = this.handlers.map((one) => (ordered ? usual(one) : { ...one, ordered: false }));
    for (const member of this.members) member.dispatcher.handlersChanged();
  }

  /** Whether a record may be committed: each handler has it or its dead letter is written. */
  hasEnded(sequence: string): boolean {
    if (this.#superseded.has(sequence)) return true;
    return concerned(this.#events.get(sequence)!, handlerIds).every((id) => this.#ended.has(`${sequence} ${id}`));
  }

  end(sequence: string, handlerId: string | null, how: "delivered" | "dead-lettered"): void {
    this.#ended.set(`${sequence} ${handlerId ?? ""}`, how);
  }

  /** A handler is called: `call` is what it sees, of the fact itself also where a replay brings it. */
  answer(to: AfterHandler, call: TaskCall): AttemptOutcome {
    const { kind, record: fact, replay } = this.#events.get(call.sequence)!;
    this.must(replay === null, `${call.sequence} was shown to ${to.id} in place of the fact that it carries`);
    const sameId = `${call.sequence} ${to.id}`;
    const id = this.#deliveryIds.get(sameId) ?? call.deliveryId;
    this.#deliveryIds.set(sameId, id);
    this.must(id === call.deliveryId, `${sameId} got another delivery id`);
    const key = fact.key?.toString() ?? null;
    if (this.down.has(to.id)) return failed({ kind: "status", status: 503 });
    if (key !== null && this.sickKeys.has(key)) return failed({ kind: "status", status: 503 });
    if (this.random() < 0.1) return failed({ kind: "timeout" });
    if (this.random() < 0.05) return failed({ kind: "overload" });
    const refuses = this.strict && (kind === "refused" || (kind === "mixed" && to.id === "second"));
    if (refuses) return failed({ kind: "status", status: 400 });
    this.#arrived.add(sameId);
    return delivered;
  }

  wrote(letter: DeadLetter): void {
    const { kind } = this.#events.get(sequenceOf(letter.record))!;
    const why = { ok: [], refused: ["rejected"], mixed: ["rejected"], poison: ["undecodable"] }[kind as string] ?? [];
    const { reason } = letter;
    this.must(why.includes(reason) || reason === "too-old", `${sequenceOf(letter.record)} (${kind}) is ${reason}`);
    this.letters.push({ letter, replayed: false });
  }

  /** What of a key has ended by now. */
  endedOf(place: number, key: string | null): readonly InboundRecord[] {
    const ofKey = this.logs[place]!.filter((at) => (at.key?.toString("latin1") ?? null) === key);
    return ofKey.filter((at) => this.hasEnded(sequenceOf(at)));
  }

  /** These had ended when their key left the park, and its owner has committed since: what is settled then is gone for good. */
  left(records: readonly InboundRecord[]): void {
    for (const at of records) {
      if (this.#isSettled(this.committed.get(placeOf(at)))(at.offset)) this.#gone.add(sequenceOf(at));
    }
  }

  /** An owner is about to make an attempt. */
  checkAlive(at: InboundRecord): void {
    this.must(!this.#gone.has(sequenceOf(at)), `${sequenceOf(at)} came back to life`);
  }

  checkEnd(sequence: string, end: FactEnd): void {
    const event = this.#events.get(sequence)!;
    if (end === "settled-before") {
      this.must(this.hasEnded(sequence) || this.isParked(sequence), `${sequence} was passed over, and not ended`);
      return;
    }
    if (end === "superseded") {
      const { offset, key } = event.record;
      const next = this.logs[placeOf(event.record)]!.map((at) => this.#events.get(sequenceOf(at))!).find(
        ({ kind, record: at }) =>
          at.offset > offset && String(at.key) === String(key) && kind !== "vendor" && kind !== "tombstone",
      );
      const inItsPlace = next !== undefined && tellsState(event) && tellsState(next);
      this.must(this.#latest && inItsPlace, `${sequence} was passed over for nothing`);
      this.#superseded.add(sequence);
      this.seen.superseded++;
      return;
    }
    this.must(endsOf(event).includes(end), `${sequence} (${event.kind}) ended ${end}`);
    this.must(this.hasEnded(sequence), `${sequence} settled as ${end}, but not ended`);
    if (event.replay !== null && end === "delivered") this.seen.returned++;
  }

  /**
   * Where a record is now, by the ledger and by what the brokers hold: exactly one place. Null: nowhere, that is lost. Only
   * what is committed counts as settled, since that is all that a successor knows.
   */
  whereabouts(at: InboundRecord, isSettled: (offset: number) => boolean): Whereabouts | null {
    const sequence = sequenceOf(at);
    const event = this.#events.get(sequence)!;
    const who = concerned(event, handlerIds);
    if (this.#superseded.has(sequence)) return "superseded";
    if (this.hasEnded(sequence)) {
      if (who.length === 0) return "passed over";
      const dead = who.filter((id) => this.#ended.get(`${sequence} ${id}`) === "dead-lettered");
      const original = event.replay === null ? sequence : this.#originalOf(event);
      const held = dead.every((id) =>
        this.letters.some(
          ({ letter }) =>
            sequenceOf(letter.record) === original && (id === "" || letter.handler === id || letter.handler === null),
        ),
      );
      if (!held) return null;
      return dead.length > 0 ? "dead-lettered" : "delivered";
    }
    if (!isSettled(at.offset)) return "unsettled";
    const { park } = readNote(this.committed.get(placeOf(at))?.metadata ?? null);
    return park !== null && this.isParked(sequence, park.partition, park.from) ? "parked" : null;
  }

  #originalOf({ record: { headers } }: SimEvent): string {
    const to: unknown = JSON.parse(String(headers["bridge_replay"]));
    const { topic: of, partition, offset } = to as InboundRecord;
    return sequenceOf({ topic: of, partition, offset });
  }

  /** The law of conservation: at this moment every record is somewhere. What has ended, and is on record, stays so. */
  audit(): void {
    for (const [place, log] of this.logs.entries()) {
      const isSettled = this.#isSettled(this.committed.get(place));
      for (const at of log) {
        if (this.#audited.has(at)) continue;
        const where = this.whereabouts(at, isSettled);
        this.must(where !== null, `${sequenceOf(at)} is nowhere`);
        if (where !== "unsettled" && where !== "parked") this.#audited.add(at);
      }
    }
    for (const member of this.members) member.audit();
  }

  /** Nothing refuses any more and every dead letter went back: what has still not arrived at a handler it concerns. */
  missing(): readonly string[] {
    return [...this.#events].flatMap(([sequence, event]) =>
      event.replay !== null || event.kind === "poison" || this.#superseded.has(sequence)
        ? []
        : concerned(event, handlerIds)
            .map((id) => `${sequence} ${id}`)
            .filter((one) => !this.#arrived.has(one)),
    );
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
      const place = placeOf(position);
      const before = this.committed.get(place)?.offset ?? 0;
      this.must(position.offset >= before, `commit of ${place} went back to ${position.offset}`);
      const note = readNote(position.metadata);
      const map = note.settled === null ? null : decodeSettled(note.settled);
      this.must((map?.from ?? position.offset) === position.offset, "the metadata belongs to another offset");
      const isSettled = this.#isSettled(position);
      for (const at of this.logs[place]!) {
        if (!isSettled(at.offset)) continue;
        const sequence = sequenceOf(at);
        const parked = (): boolean =>
          note.park !== null && this.isParked(sequence, note.park.partition, note.park.from);
        this.must(this.hasEnded(sequence) || parked(), `${sequence} was committed before it ended`);
      }
      this.committed.set(place, position);
    }
  }

  /** What a commit says. */
  #isSettled(position: CommitPosition | undefined): (offset: number) => boolean {
    if (position === undefined) return () => false;
    const { settled } = readNote(position.metadata);
    const map = settled === null ? null : decodeSettled(settled);
    const unsettled = new Set(map?.unsettled);
    return (offset) => offset < position.offset || (map !== null && offset < map.until && !unsettled.has(offset));
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
