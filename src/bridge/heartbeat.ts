import { createHash, randomUUID } from "node:crypto";
import { messageOf } from "../errors.ts";
import type { RecordProducer } from "../kafka/produce/producer.ts";
import { type HeartbeatWriter, openHeartbeatWriter } from "../kafka/records/heartbeat-codec.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import type { Clock, Timer } from "../model/clock.ts";
import { bounded } from "../model/deadline.ts";
import type { BeforeHandler } from "../model/handler.ts";
import type { Logger } from "../model/logger.ts";

export interface HeartbeatParts {
  readonly producer: RecordProducer;
  readonly registry: Pick<Registry, "recordBySchema">;
  readonly topic: string;
  /** What the instance works by now; asked at every beat. */
  readonly handlers: () => readonly BeforeHandler[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** A beat that was not written. */
  readonly onFailed: () => void;
}

/** Four beats may get lost before a client takes the instance for gone (2 s). */
const beatEveryMs = 500;
/** A beat older than the next one is worth nothing. */
export const beatTimeoutMs = 1000;

/**
 * Tells billing cores that this instance lives and which events it has handlers for, so that they need not ask about others
 * (docs/billing-core.md). Starts once the instance takes requests, ends with a farewell.
 *
 * A beat that cannot be written is logged, counted and forgotten: without beats cores ask, which is right. Its producer is its
 * own: a batch of verdicts is acknowledged when its slowest partition is, and the topic of the beats may be led by a broker
 * that is slow or away.
 */
export class Heartbeat {
  readonly instanceId: string = randomUUID();
  readonly #parts: HeartbeatParts;
  readonly #startMs: number;
  readonly #startedAt: string;
  #writer: HeartbeatWriter | null = null;
  #timer: Timer | null = null;
  #beating: Promise<void> | null = null;
  #failing = false;
  #stopped: Promise<void> | null = null;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
    this.#startMs = parts.clock.monotonicMs();
    this.#startedAt = new Date(parts.clock.epochMs()).toISOString();
  }

  /** Returns at once; the first beat goes out now. */
  start(): void {
    if (this.#stopped !== null) return;
    // One beat is out at a time: while the broker hangs they must not pile up.
    this.#beating ??= this.#beat().finally(() => {
      this.#beating = null;
    });
    this.#timer = this.#parts.clock.after(beatEveryMs, () => this.start());
  }

  /** Takes the instance off the topic; resolves within `deadlineMs` and four seconds. Idempotent. */
  stop(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs);
    return this.#stopped;
  }

  async #stop(deadlineMs: number): Promise<void> {
    this.#timer?.cancel();
    const { clock, producer, topic } = this.#parts;
    // Written after the last beat, or that would stand as the instance's last word.
    if (this.#writer !== null) {
      const farewell = { topic, partition: 0, key: this.instanceId, value: null, headers: {} };
      producer.send(farewell).catch((error: unknown) => this.#failed(error));
    }
    await bounded(this.#beating ?? Promise.resolve(), deadlineMs, clock);
    await producer.close(deadlineMs);
  }

  /** Never rejects. */
  async #beat(): Promise<void> {
    const { clock, producer, registry, topic } = this.#parts;
    try {
      this.#writer ??= await openHeartbeatWriter(registry, topic);
      if (this.#stopped !== null) return;
      const handlers = enabled(this.#parts.handlers());
      const value = this.#writer.encode({
        instanceId: this.instanceId,
        eventIds: [...new Set(handlers.flatMap(({ events }) => events))].sort(),
        handlersRevision: revisionOf(handlers),
        startedAt: this.#startedAt,
        beatAt: new Date(clock.epochMs()).toISOString(),
        uptimeMs: clock.monotonicMs() - this.#startMs,
      });
      await producer.send({ topic, partition: 0, key: this.instanceId, value, headers: {} });
      this.#failing = false;
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#parts.onFailed();
    // Once per outage: a beat is due twice a second.
    if (!this.#failing)
      this.#parts.logger.warn({ detail: messageOf(error) }, "heartbeat not written: billing cores ask always");
    this.#failing = true;
  }
}

/** Those of any mode: a handler that only watches has to be shown the requests too. */
function enabled(handlers: readonly BeforeHandler[]): readonly BeforeHandler[] {
  return handlers.filter(({ status }) => status === "enabled");
}

function revisionOf(handlers: readonly BeforeHandler[]): string {
  return createHash("sha256").update(JSON.stringify(handlers)).digest("hex").slice(0, 16);
}
