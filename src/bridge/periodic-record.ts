import { messageOf } from "../errors.ts";
import type { RecordProducer } from "../kafka/produce/producer.ts";
import type { Clock, Timer } from "../model/clock.ts";
import { bounded } from "../model/deadline.ts";
import type { Logger } from "../model/logger.ts";

export interface PeriodicRecordParts {
  /** Its own: the topic may be led by a broker that is slow or away, and nothing else may wait for that. */
  readonly producer: RecordProducer;
  readonly topic: string;
  readonly key: string;
  readonly everyMs: number;
  /** Opens what is written with; tried again each time until it resolves. */
  readonly open: () => Promise<() => Buffer>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A record that was not written. */
  readonly onFailed: () => void;
  /** What the log says of it, once per outage. */
  readonly complaint: string;
}

/**
 * A record that is written again and again under one key, each time as things are by then, and taken off the topic at the
 * end. One that cannot be written is logged, counted and forgotten: the next one says more.
 */
export class PeriodicRecord {
  readonly #parts: PeriodicRecordParts;
  #encode: (() => Buffer) | null = null;
  #timer: Timer | null = null;
  #writing: Promise<void> | null = null;
  #failing = false;
  #stopped: Promise<void> | null = null;

  constructor(parts: PeriodicRecordParts) {
    this.#parts = parts;
  }

  /** Returns at once; the first record goes out now. */
  start(): void {
    if (this.#stopped !== null) return;
    // One is out at a time: while the broker hangs they must not pile up.
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
    this.#timer = this.#parts.clock.after(this.#parts.everyMs, () => this.start());
  }

  /** The next one goes out at once, as something has changed; if it is not started, nothing does. */
  now(): void {
    if (this.#timer === null) return;
    this.#timer.cancel();
    this.start();
  }

  /** Takes the record off the topic; resolves within `deadlineMs` and four seconds. Idempotent. */
  stop(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs);
    return this.#stopped;
  }

  async #stop(deadlineMs: number): Promise<void> {
    this.#timer?.cancel();
    const { clock, key, producer, topic } = this.#parts;
    // Written after the last one, or that would stand as the last word.
    if (this.#encode !== null) {
      const farewell = { topic, partition: 0, key, value: null, headers: {} };
      producer.send(farewell).catch((error: unknown) => this.#failed(error));
    }
    await bounded(this.#writing ?? Promise.resolve(), deadlineMs, clock);
    await producer.close(deadlineMs);
  }

  /** Never rejects. */
  async #write(): Promise<void> {
    const { key, open, producer, topic } = this.#parts;
    try {
      this.#encode ??= await open();
      if (this.#stopped !== null) return;
      await producer.send({ topic, partition: 0, key, value: this.#encode(), headers: {} });
      this.#failing = false;
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#parts.onFailed();
    if (!this.#failing) this.#parts.logger.warn({ detail: messageOf(error) }, this.#parts.complaint);
    this.#failing = true;
  }
}
