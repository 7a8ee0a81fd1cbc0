import type { LaneEnds, ParkedEntry, ParkedLog, ParkPlace, ParkRange } from "../../../src/after/ports.ts";
import { BridgeError } from "../../../src/errors.ts";
import type { ParkPosition } from "../../../src/model/commit-note.ts";
import type { InboundRecord, TopicPartition } from "../../../src/model/record.ts";

export interface LoggedEntry {
  readonly source: string;
  readonly entry: ParkedEntry;
}

/** How a write fares: acknowledged; not written; written, but nobody hears of it; given up, and written after that. */
export type Fate = "written" | "refused" | "unheard" | "late";

/** The parked topic in memory: two partitions, shared by every member of a group. */
export class FakeParkedTopic {
  readonly partitions: LoggedEntry[][] = [[], []];
  /** Entries before it are gone. */
  start = 0;

  read(at: TopicPartition, { partition, from, until }: ParkRange, take: (entry: ParkedEntry) => void): void {
    for (const { entry, source } of this.partitions[partition]!.slice(Math.max(from, this.start), until)) {
      if (source === sourceOf(at)) take(entry);
    }
  }

  append(at: TopicPartition, partition: number, make: (at: number) => ParkedEntry): number {
    const log = this.partitions[partition]!;
    log.push({ source: sourceOf(at), entry: make(log.length) });
    return log.length - 1;
  }
}

export function sourceOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/** One member's way to it. `pass` is awaited before and after each step; `fate` decides each write. */
export class FakeParkedLog implements ParkedLog {
  readonly topic: FakeParkedTopic;
  readonly losses: ParkRange[] = [];
  fate: () => Fate = () => "written";
  readable: () => boolean = () => true;
  readonly #pass: () => Promise<void>;
  #turn: Promise<void> = Promise.resolve();

  constructor(topic: FakeParkedTopic, pass: () => Promise<void> = () => Promise.resolve()) {
    this.topic = topic;
    this.#pass = pass;
  }

  async open(_group: string, source: TopicPartition, follows: ParkPosition | null): Promise<ParkPlace> {
    const partition = follows?.partition ?? source.partition % 2;
    const kind = "opened";
    const epoch = await this.#write(source, partition, (at) => ({ kind, at, follows: follows?.epoch ?? null }));
    return { partition, epoch };
  }

  write(
    _group: string,
    { epoch, partition }: ParkPlace,
    record: InboundRecord,
    stay: number,
    alone: boolean,
  ): Promise<number> {
    return this.#write(record, partition, (at) => ({ kind: "record", at, epoch, stay, alone, record }));
  }

  async settle(_group: string, { epoch, partition }: ParkPlace, source: TopicPartition, ends: LaneEnds): Promise<void> {
    await this.#write(source, partition, (at) => ({ kind: "settled", at, epoch, ...ends, ended: [...ends.ended] }));
  }

  async read(
    _group: string,
    source: TopicPartition,
    range: ParkRange,
    take: (entry: ParkedEntry) => void,
  ): Promise<void> {
    await this.#pass();
    if (!this.readable()) throw new BridgeError("BROKER_UNAVAILABLE", "away");
    this.topic.read(source, range, take);
    await this.#pass();
  }

  lost(_group: string, range: ParkRange): void {
    this.losses.push(range);
  }

  async #write(source: TopicPartition, partition: number, make: (at: number) => ParkedEntry): Promise<number> {
    // Writes keep their order, as a producer's do, but for those that land when they were given up.
    const fate = this.fate();
    this.#turn = this.#turn.then(() => this.#pass());
    await this.#turn;
    if (fate === "late") void this.#pass().then(() => this.topic.append(source, partition, make));
    if (fate === "refused" || fate === "late") throw new BridgeError("BROKER_UNAVAILABLE", "no acknowledgement");
    const at = this.topic.append(source, partition, make);
    await this.#pass();
    if (fate === "unheard") throw new BridgeError("BROKER_UNAVAILABLE", "no acknowledgement");
    return at;
  }
}
