import { setImmediate } from "node:timers/promises";
import { BridgeError, messageOf } from "../../errors.ts";
import { systemClock } from "../../model/clock.ts";
import { pause, within } from "../../model/deadline.ts";
import type { InboundRecord } from "../../model/record.ts";
import { setUpAdvice } from "../connection/broker-errors.ts";
import type { KafkaClient } from "../connection/client.ts";
import { isReplaced, type LastRecord, lastRecord } from "./last-record.ts";
import { type LogReader, openLogReader } from "./log-reader.ts";

export interface LogFollowerOptions {
  /** Of one partition. */
  readonly topic: string;
  /** Must not reject, and ends before the next records are read. False: they could not be read now, and come again. */
  readonly take: (records: readonly InboundRecord[]) => Promise<boolean>;
  /** The log is not the one that was read: it is shorter, or another record stands where the last one was. It is read from its start. */
  readonly startedOver: () => void;
  /** Everything was taken, and nothing new came for a moment. */
  readonly atEnd?: () => void;
}

export interface LogFollower {
  /** Reads from the start of the log until stopped, whatever the brokers do. Returns at once. */
  start(): void;
  /** Everything before this offset was taken. */
  readonly position: number;
  /** How long the log could not be read, milliseconds; 0 as long as it can. */
  silentMs(): number;
  /** Why it cannot be read now; null when it can. */
  readonly trouble: BridgeError | null;
  /** Resolves when everything before an offset was taken; TIMED_OUT, or CLOSED. */
  reached(offset: number, timeoutMs: number): Promise<void>;
  /** Where the log ends now. Throws as LogReader does. */
  end(timeoutMs: number): Promise<number>;
  /** Resolves within three seconds. Idempotent. */
  stop(): Promise<void>;
}

/** Longest wait for one answer: a change must not wait for a broker that hangs while another one leads. */
const answerMs = 3000;
/** So often a log in which nothing happens is looked at whether it is still the same one. */
const sameEveryMs = 30_000;
const firstWaitMs = 100;
const longestWaitMs = 1000;
/** How long the broker waits for something new before it answers: a moment until the end was seen, then longer, which is cheaper. */
const momentMs = 250;
const restMs = 1000;

/**
 * Reads a topic of one partition from its start to its end, and goes on as records come: no group, nothing is committed,
 * and a record is here some milliseconds after it was acknowledged.
 */
export function followLog(client: Pick<KafkaClient, "own" | "logger">, options: LogFollowerOptions): LogFollower {
  return new Follower(client, options);
}

const worthAskingAgain: ReadonlySet<string> = new Set(["BROKER_UNAVAILABLE", "TIMED_OUT"]);

interface Waiter {
  readonly offset: number;
  readonly resolve: () => void;
  readonly reject: (error: BridgeError) => void;
}

class Follower implements LogFollower {
  readonly #client: Pick<KafkaClient, "own" | "logger">;
  readonly #options: LogFollowerOptions;
  readonly #stopping = new AbortController();
  readonly #waiters = new Set<Waiter>();
  readonly #readers = new Set<LogReader>();
  #position = 0;
  #last: LastRecord | null = null;
  #sameAtMs = -Infinity;
  #isAtEnd = false;
  #heardMs = performance.now();
  #trouble: BridgeError | null = null;
  #running: Promise<void> | null = null;

  constructor(client: Pick<KafkaClient, "own" | "logger">, options: LogFollowerOptions) {
    this.#client = client;
    this.#options = options;
  }

  get position(): number {
    return this.#position;
  }

  get trouble(): BridgeError | null {
    return this.#trouble;
  }

  silentMs(): number {
    return this.#trouble === null ? 0 : performance.now() - this.#heardMs;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async reached(offset: number, timeoutMs: number): Promise<void> {
    if (this.#position >= offset) return;
    if (this.#stopping.signal.aborted) throw closed(this.#options.topic);
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const waiter: Waiter = { offset, resolve: () => resolve(undefined), reject };
    this.#waiters.add(waiter);
    try {
      await within(systemClock, timeoutMs, `reading ${this.#options.topic}`, promise);
    } finally {
      this.#waiters.delete(waiter);
    }
  }

  async end(timeoutMs: number): Promise<number> {
    const giveUpAtMs = performance.now() + timeoutMs;
    for (;;) {
      try {
        return await this.#askEnd();
      } catch (error) {
        if (this.#stopping.signal.aborted) throw closed(this.#options.topic);
        if (!(error instanceof BridgeError) || !worthAskingAgain.has(error.code)) throw error;
        if (performance.now() + longestWaitMs > giveUpAtMs) throw error;
        await pause(systemClock, longestWaitMs, this.#stopping.signal);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const waiter of this.#waiters) waiter.reject(closed(this.#options.topic));
    // What they wait for ends with their connections.
    await Promise.all([...this.#readers].map((reader) => this.#close(reader)));
    await this.#running;
  }

  async #askEnd(): Promise<number> {
    const { topic } = this.#options;
    const reader = await this.#open();
    try {
      return await reader.end({ topic, partition: 0 });
    } catch (error) {
      if (!(error instanceof BridgeError) || error.code !== "NOT_SET_UP") throw error;
      const text = `the topic ${topic} does not exist; ${setUpAdvice}`;
      throw new BridgeError("NOT_SET_UP", text, { cause: error });
    } finally {
      await this.#close(reader);
    }
  }

  async #open(): Promise<LogReader> {
    // It tries again itself, with waits that a stop ends.
    const reader = await openLogReader({ own: () => this.#client.own({ retries: 0 }) }, answerMs);
    this.#readers.add(reader);
    return reader;
  }

  async #close(reader: LogReader): Promise<void> {
    this.#readers.delete(reader);
    await reader.close();
    // Sockets that were dropped say so in this turn of the event loop; nobody is to hear of them after a stop.
    await setImmediate();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let waitMs = firstWaitMs;
    while (!signal.aborted) {
      let reader: LogReader | null = null;
      try {
        reader = await this.#open();
        this.#sameAtMs = -Infinity;
        while (!this.#stopping.signal.aborted) {
          if (await this.#step(reader)) waitMs = firstWaitMs;
          else await pause(systemClock, (waitMs = Math.min(2 * waitMs, longestWaitMs)), signal);
        }
      } catch (error) {
        this.#failed(error, waitMs);
        await pause(systemClock, waitMs, signal);
        waitMs = Math.min(2 * waitMs, longestWaitMs);
      } finally {
        if (reader !== null) await this.#close(reader);
      }
    }
  }

  /** One answer of the broker. False: what it held comes again. */
  async #step(reader: LogReader): Promise<boolean> {
    const at = { topic: this.#options.topic, partition: 0 };
    const { records, next, pastEnd } = await reader.next(at, this.#position, this.#isAtEnd ? restMs : momentMs);
    const isOther = pastEnd === true || (await this.#isOther(reader, records.length > 0));
    this.#heardMs = performance.now();
    this.#trouble = null;
    if (this.#stopping.signal.aborted) return true;
    if (isOther) {
      const why = pastEnd === true ? "the log is shorter than what was read of it" : "the log was made anew";
      this.#client.logger.error({ topic: at.topic, position: this.#position }, why);
      [this.#position, this.#last, this.#isAtEnd] = [0, null, false];
      this.#options.startedOver();
      return true;
    }
    const newest = records.at(-1);
    if (newest !== undefined && !(await this.#options.take(records))) return false;
    if (newest !== undefined) this.#last = lastRecord(newest);
    this.#position = next;
    for (const waiter of this.#waiters) if (waiter.offset <= next) waiter.resolve();
    this.#isAtEnd = newest === undefined;
    if (this.#isAtEnd) this.#options.atEnd?.();
    return true;
  }

  /** Whether another log stands in the place of the one that was read; looked at before anything new of it is taken, and now and then. */
  async #isOther(reader: LogReader, hasNews: boolean): Promise<boolean> {
    if (this.#last === null) return false;
    if (!hasNews && performance.now() - this.#sameAtMs < sameEveryMs) return false;
    const found = await reader.first({ topic: this.#options.topic, partition: 0 }, this.#last.offset);
    this.#sameAtMs = performance.now();
    return isReplaced(this.#last, found);
  }

  #failed(error: unknown, tryAgainInMs: number): void {
    const { topic } = this.#options;
    const known = error instanceof BridgeError;
    const trouble = known ? error : new BridgeError("INTERNAL", messageOf(error), { cause: error });
    // Once per outage.
    if (this.#trouble === null && !this.#stopping.signal.aborted)
      this.#client.logger.warn({ topic, detail: trouble.message, tryAgainInMs }, "the log cannot be read: trying on");
    this.#trouble = trouble;
  }
}

function closed(topic: string): BridgeError {
  return new BridgeError("CLOSED", `${topic} is not read any more`);
}
