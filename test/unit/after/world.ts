import { createDispatcher, type Dispatcher } from "../../../src/after/dispatcher.ts";
import type { Limits } from "../../../src/after/limits.ts";
import {
  type AfterObserver,
  type AfterTasks,
  type AttemptOutcome,
  type AttemptReport,
  type DeadLetter,
  type FactEnd,
  type ParkReason,
  type PauseReason,
  type StallReason,
} from "../../../src/after/ports.ts";
import { TurnPace } from "../../../src/after/turn-pace.ts";
import { BridgeError } from "../../../src/errors.ts";
import type { BridgeEvent } from "../../../src/model/event.ts";
import type { Failure } from "../../../src/model/failure.ts";
import type { AfterHandler } from "../../../src/model/handler.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import type { Admission, Reading, RecordReader } from "../../../src/model/reading.ts";
import { type InboundRecord, lastHeader, type TopicPartition } from "../../../src/model/record.ts";
import type { CommitPosition, RecordSource } from "../../../src/model/record-source.ts";
import { defaultRetryPolicy } from "../../../src/model/retry-policy.ts";
import type { TaskCall } from "../../../src/model/task-call.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeParkedLog, FakeParkedTopic } from "./fake-parked-log.ts";

export const topic = "billing.clients";

export function handler(id: string, options: Partial<AfterHandler> = {}): AfterHandler {
  return {
    id,
    name: id,
    stage: "after",
    events: ["clients.update"],
    condition: null,
    task: { kind: "http", url: "http://127.0.0.1/", secretRefs: [] },
    status: "enabled",
    priority: 10,
    timeoutMs: 1000,
    numbers: "string",
    group: "switch",
    retry: { ...defaultRetryPolicy, jitter: 0 },
    ...options,
  };
}

export interface RecordOptions {
  key?: string | null;
  type?: string | null;
  value?: string | null;
  partition?: number;
  ceId?: string;
  timestampMs?: number;
}

export function record(offset: number, options: RecordOptions = {}): InboundRecord {
  const { key = "7", type = "clients.update", value = "{}", partition = 0, ceId } = options;
  return {
    topic,
    partition,
    offset,
    timestampMs: options.timestampMs ?? Date.UTC(2026, 0, 1),
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: {
      ...(type === null ? {} : { ce_type: Buffer.from(type) }),
      ...(ceId === undefined ? {} : { ce_id: Buffer.from(ceId) }),
    },
  };
}

export function eventOf(from: InboundRecord): BridgeEvent {
  const type = lastHeader(from.headers, "ce_type")?.toString() ?? "";
  return {
    id: type,
    type,
    ceId: lastHeader(from.headers, "ce_id")?.toString(),
    source: "billing",
    time: new Date(from.timestampMs).toISOString(),
    objectId: from.key?.toString() ?? null,
    traceparent: undefined,
    shape: { record: "ClientsUpdate", sparse: true, fields: [] },
    data: {},
  };
}

/** Reads records whose value is any text; "poison" cannot be decoded. */
export class FakeReader implements RecordReader {
  away = false;
  reads = 0;

  admit(from: InboundRecord): Admission {
    const type = lastHeader(from.headers, "ce_type")?.toString();
    if (from.value === null) return { kind: "tombstone" };
    if (type === undefined) return { kind: "poison", reason: "missing-header", detail: "no ce_type" };
    return { kind: "admitted", eventId: type, type };
  }

  read(from: InboundRecord): Promise<Reading> {
    this.reads++;
    if (this.away) return Promise.resolve({ kind: "registry-away", detail: "no answer" });
    if (from.value?.toString() === "poison") {
      return Promise.resolve({ kind: "poison", reason: "undecodable", detail: "bad bytes" });
    }
    const event = eventOf(from);
    return Promise.resolve({ kind: "event", event, recode: (data) => ({ data, value: Buffer.alloc(0) }) });
  }
}

export class FakeSource implements RecordSource {
  readonly paused = new Set<string>();
  readonly commits: CommitPosition[][] = [];
  refuse = false;

  pause({ topic, partition }: TopicPartition): void {
    this.paused.add(`${topic}/${partition}`);
  }

  resume({ topic, partition }: TopicPartition): void {
    this.paused.delete(`${topic}/${partition}`);
  }

  commit(positions: readonly CommitPosition[]): Promise<void> {
    if (this.refuse) return Promise.reject(new BridgeError("BROKER_UNAVAILABLE", "away"));
    this.commits.push([...positions]);
    return Promise.resolve();
  }

  /** The last committed offset of a partition. */
  committed(partition = 0): number | undefined {
    return this.commits.flat().findLast((position) => position.partition === partition)?.offset;
  }
}

export interface Call {
  readonly handler: string;
  readonly call: TaskCall;
  readonly key: string | null;
  readonly offset: number;
  readonly atMs: number;
}

/** Tasks whose answers the test gives: one function, or one call at a time by `hold`. */
export class FakeTasks implements AfterTasks {
  readonly calls: Call[] = [];
  answer: (call: Call, signal: AbortSignal) => Promise<AttemptOutcome> = () => Promise.resolve(delivered);
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  deliver(to: AfterHandler, call: TaskCall, signal: AbortSignal): Promise<AttemptOutcome> {
    const offset = Number(call.sequence.split("/").at(-1));
    const made: Call = { handler: to.id, call, key: call.event.objectId, offset, atMs: this.#clock.monotonicMs() };
    this.calls.push(made);
    return this.answer(made, signal);
  }

  get log(): string[] {
    return this.calls.map((made) => `${made.handler} ${made.offset}.${made.call.attempt}`);
  }
}

export const delivered: AttemptOutcome = { kind: "delivered", status: 200, response: "" };

export function failed(failure: Partial<Failure> = {}): AttemptOutcome {
  return { kind: "failure", failure: { kind: "unreachable", detail: "refused", ...failure } };
}

export class Journal implements AfterObserver {
  readonly attempts: AttemptReport[] = [];
  readonly ends: [number, FactEnd][] = [];
  readonly letters: DeadLetter[] = [];
  readonly halts: number[] = [];
  readonly unreads: number[] = [];
  readonly pauses: PauseReason[] = [];

  attempted(report: AttemptReport): void {
    this.attempts.push(report);
  }
  settled(_group: string, end: FactEnd, at: InboundRecord): void {
    this.ends.push([at.offset, end]);
  }
  deadLettered(letter: DeadLetter): void {
    this.letters.push(letter);
  }
  halted(_letter: DeadLetter, tries: number): void {
    this.halts.push(tries);
  }
  unread(_group: string, _at: InboundRecord, tries: number): void {
    this.unreads.push(tries);
  }
  paused(_group: string, _at: TopicPartition, why: PauseReason): void {
    this.pauses.push(why);
  }
  readonly parks: [string | null, number, ParkReason][] = [];
  readonly copies: number[] = [];
  readonly unparks: (string | null)[] = [];
  readonly parkFailures: number[] = [];

  resumed(): void {
    // the source remembers
  }
  parking(_group: string, _at: TopicPartition, key: string | null, facts: number, why: ParkReason): void {
    this.parks.push([key, facts, why]);
  }
  parked(_group: string, at: InboundRecord): void {
    this.copies.push(at.offset);
  }
  unparked(_group: string, _at: TopicPartition, key: string | null): void {
    this.unparks.push(key);
  }
  readonly brakes: [string | null, number][] = [];
  readonly releases: (string | null)[] = [];
  readonly stalls: [string, StallReason][] = [];
  repeats = 0;

  braked(_group: string, handler: string | null, letters: number): void {
    this.brakes.push([handler, letters]);
  }
  released(_group: string, handler: string | null): void {
    this.releases.push(handler);
  }
  stalled(_group: string, sequence: string, _waitedMs: number, why: StallReason): void {
    this.stalls.push([sequence, why]);
  }
  repeated(_group: string, records: number): void {
    this.repeats += records;
  }
  parkFailed(_group: string, _at: TopicPartition, tries: number): void {
    this.parkFailures.push(tries);
  }
}

export interface World {
  readonly clock: FakeClock;
  readonly source: FakeSource;
  readonly reader: FakeReader;
  readonly tasks: FakeTasks;
  readonly journal: Journal;
  readonly letters: DeadLetter[];
  readonly parkedLog: FakeParkedLog;
  /** What becomes of dead letters. */
  letterBox: "open" | "refusing" | "hanging";
  handlers: readonly AfterHandler[];
  readonly dispatcher: Dispatcher;
}

/** A dispatcher of the group "switch" that owns partitions 0 and 1, among fakes; waits are not spread. */
export function world(
  handlers: readonly AfterHandler[] = [handler("h")],
  limits: Partial<Limits> = {},
  bytesShare?: () => number,
): World {
  const clock = new FakeClock();
  const source = new FakeSource();
  const reader = new FakeReader();
  const tasks = new FakeTasks(clock);
  const journal = new Journal();
  const letters: DeadLetter[] = [];
  const parkedLog = new FakeParkedLog(new FakeParkedTopic());
  const made: Omit<World, "dispatcher"> = {
    clock,
    source,
    reader,
    tasks,
    journal,
    letters,
    parkedLog,
    letterBox: "open",
    handlers,
  };
  const dispatcher = createDispatcher({
    group: "switch",
    handlers: () => made.handlers,
    source,
    reader,
    tasks,
    deadLetters: {
      write(letter) {
        if (made.letterBox === "hanging") return new Promise(() => undefined);
        if (made.letterBox === "refusing") return Promise.reject(new BridgeError("RECORD_REFUSED", "refused"));
        letters.push(letter);
        return Promise.resolve();
      },
    },
    parkedLog,
    clock,
    random: () => 0.5,
    observer: journal,
    logger: silentLogger,
    limits,
    pace: new TurnPace(Number.POSITIVE_INFINITY, () => undefined),
    ...(bytesShare === undefined ? {} : { bytesShare }),
  });
  dispatcher.assigned([
    { topic, partition: 0 },
    { topic, partition: 1 },
  ]);
  return Object.assign(made, { dispatcher });
}
