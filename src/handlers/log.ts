import type { KafkaClient } from "../kafka/connection/client.ts";
import { followLog, type LogFollower } from "../kafka/consume/log-follower.ts";
import { readHandlerLogEntry } from "../kafka/records/handler-log-codec.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import type { HandlerProblem } from "../model/instance-status.ts";
import type { Logger } from "../model/logger.ts";
import type { InboundRecord } from "../model/record.ts";
import { emptyLog, LogFold, type LogState, type Taken } from "./fold.ts";
import { PassedOver, type PassedOverWhy } from "./passed-over.ts";

export interface FoldedLogOptions {
  readonly client: Pick<KafkaClient, "own" | "logger">;
  readonly registry: Pick<Registry, "recordById">;
  readonly topic: string;
  readonly logger: Logger;
  /** The log says something new, or cannot be read any more, or can again. */
  readonly changed: () => void;
  readonly onPassedOver: (why: PassedOverWhy) => void;
}

export interface OwnEnd {
  readonly taken: Taken;
  /** Of the record. */
  readonly offset: number;
}

/** Milliseconds without an answer after which it is a problem that is shown. */
const silentAfterMs = 5000;
const lookEveryMs = 1000;
/** A log that started over and is written to all the time comes to no end: then what it says holds after so long. */
const formerMs = 60_000;
const goneText = "the log of handlers is gone or was made anew and is empty: what it said before still runs";
const anewText = "the log of handlers was made anew and is being read: what it said before still runs";

/**
 * The log of handlers, folded as far as it was read. A record that means nothing is passed over, counted and shown; one
 * whose schema cannot be had now is waited for, as whoever passed over it would disagree with the others.
 */
export class FoldedLog {
  readonly follower: LogFollower;
  readonly #options: FoldedLogOptions;
  /** Of a write that waits for its own record. */
  readonly #awaited = new Map<string, (end: OwnEnd) => void>();
  #fold = new LogFold();
  #passedOver = new PassedOver();
  /** What stood in a log that started over: holds until the new one was read to its end, and says something. */
  #former: { readonly state: LogState; readonly untilMs: number } | null = null;
  #registryAway: string | null = null;
  #look: NodeJS.Timeout | null = null;
  #wasSilent = false;

  constructor(options: FoldedLogOptions) {
    this.#options = options;
    this.follower = followLog(options.client, {
      topic: options.topic,
      take: (records) => this.#take(records),
      startedOver: () => this.#startOver(),
      atEnd: () => this.#endFormer(),
    });
  }

  start(): void {
    this.follower.start();
    this.#look ??= setInterval(() => {
      const isSilent = this.follower.silentMs() > silentAfterMs;
      if (isSilent !== this.#wasSilent) this.#options.changed();
      this.#wasSilent = isSilent;
    }, lookEveryMs).unref();
  }

  async stop(): Promise<void> {
    if (this.#look !== null) clearInterval(this.#look);
    await this.follower.stop();
  }

  get state(): LogState {
    return this.#former?.state ?? this.#fold.state;
  }

  revisionOf(handlerId: string): number | null {
    return this.#fold.revisionOf(handlerId);
  }

  /** How a write's record is taken, once it is read. `cancel` it when nobody waits any more. */
  own(writeId: string): { readonly end: Promise<OwnEnd>; readonly cancel: () => void } {
    const { promise, resolve } = Promise.withResolvers<OwnEnd>();
    this.#awaited.set(writeId, resolve);
    return { end: promise, cancel: () => this.#awaited.delete(writeId) };
  }

  problems(): readonly HandlerProblem[] {
    const of = (problem: string): HandlerProblem => ({ handler: null, problem });
    const { follower } = this;
    return [
      ...this.#passedOver.problems(),
      ...(follower.trouble !== null && follower.silentMs() > silentAfterMs
        ? [of(`the log of handlers cannot be read, changes are not seen: ${follower.trouble.message}`)]
        : []),
      ...(this.#registryAway === null ? [] : [of(`a record of the log of handlers waits: ${this.#registryAway}`)]),
      ...(this.#former === null ? [] : [of(this.#fold.state === emptyLog ? goneText : anewText)]),
    ];
  }

  #startOver(): void {
    const { state } = this;
    // Older sets that the new log holds on its way must not run, not even for a moment.
    if (state !== emptyLog) this.#former = { state, untilMs: performance.now() + formerMs };
    this.#fold = new LogFold();
    this.#passedOver = new PassedOver();
    this.#options.changed();
  }

  #endFormer(): void {
    if (this.#former === null || this.#fold.state === emptyLog) return;
    this.#former = null;
    this.#options.changed();
  }

  /** All of the records or, if one cannot be read now, none that matters: they come again, and counted ones do not count twice. */
  async #take(records: readonly InboundRecord[]): Promise<boolean> {
    const { changed, registry } = this.#options;
    const readings = await Promise.all(
      records.map(async (record) => ({
        record,
        reading: record.value === null ? null : await readHandlerLogEntry(registry, record.value),
      })),
    );
    const away = readings.find(({ reading }) => reading?.kind === "registry-away")?.reading;
    if (away?.kind === "registry-away") {
      if (this.#registryAway === null) {
        this.#options.logger.warn({ detail: away.detail }, "the log of handlers waits for the schema registry");
        this.#registryAway = away.detail;
        changed();
      }
      return false;
    }
    this.#registryAway = null;
    for (const { record, reading } of readings) {
      if (reading === null) this.#passOver(record.offset, "tombstone", "no value");
      else if (reading.kind === "entry") {
        const { entry } = reading;
        const taken = this.#fold.take(record.offset, record.timestampMs, entry);
        if (taken === "conflict") this.#passOver(record.offset, "conflict", "another change was first");
        if (taken === "refused") this.#passOver(record.offset, "refused", "it breaks a bound of the log");
        this.#awaited.get(entry.id)?.({ taken, offset: record.offset });
        this.#awaited.delete(entry.id);
      } else this.#passOver(record.offset, "unreadable", reading.detail);
    }
    if (this.#former !== null && performance.now() > this.#former.untilMs) this.#endFormer();
    changed();
    return true;
  }

  #passOver(offset: number, why: PassedOverWhy, detail: string): void {
    this.#passedOver.add(offset, why, detail);
    this.#options.onPassedOver(why);
    const { logger, topic } = this.#options;
    if (why !== "conflict")
      logger.warn({ topic, offset, why, detail }, "a record of the log of handlers is passed over");
  }
}
