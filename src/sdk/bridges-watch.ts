import { messageOf } from "../errors.ts";
import type { KafkaClient } from "../kafka/connection/client.ts";
import { createPartitionTail, type PartitionTail } from "../kafka/consume/partition-tail.ts";
import { readHeartbeat } from "../kafka/records/heartbeat-codec.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import type { Clock, Timer } from "../model/clock.ts";
import type { InboundRecord } from "../model/record.ts";
import { KnownBridges } from "./known-bridges.ts";

export interface BridgesWatchOptions {
  readonly client: KafkaClient;
  readonly registry: Pick<Registry, "recordById">;
  readonly topic: string;
  readonly groupPrefix: string;
  /** What is older counts for nothing. Milliseconds. */
  readonly windowMs: number;
  readonly clock: Clock;
}

const startMs = 10_000;
const tryAgainMs = 5000;
/** Beats that wait to be read; what comes past it is dropped, and what is not known is asked. */
const maxUnread = 1000;

/**
 * Listens to the bridges' heartbeats, from now on. It is a comfort, never a need: while it cannot listen every request is
 * asked, so it starts in the background, never fails, and tries again until it is closed.
 */
export class BridgesWatch {
  readonly #options: BridgesWatchOptions;
  readonly #known: KnownBridges;
  readonly #consumer: PartitionTail;
  #retry: Timer | null = null;
  #closed = false;
  #unread = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(options: BridgesWatchOptions) {
    this.#options = options;
    this.#known = new KnownBridges(options.windowMs);
    this.#consumer = createPartitionTail(options.client, {
      topic: options.topic,
      partition: 0,
      groupPrefix: options.groupPrefix,
      onRecord: (record) => this.#hear(record),
    });
  }

  /** Returns at once. */
  start(): void {
    this.#consumer.start(startMs).catch((error: unknown) => {
      if (this.#closed) return;
      const { client, clock, topic } = this.#options;
      client.logger.warn({ topic, detail: messageOf(error) }, "the bridges' heartbeats cannot be heard: asking always");
      this.#retry = clock.after(tryAgainMs, () => this.start());
    });
  }

  /** Whether it is certain that no bridge has a handler for the event. */
  noneHas(eventId: string): boolean {
    return this.#known.noneHas(eventId, this.#options.clock.monotonicMs());
  }

  async close(deadlineMs: number): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    await this.#consumer.stop(deadlineMs);
  }

  #hear(record: InboundRecord): void {
    if (this.#unread >= maxUnread) return;
    this.#unread++;
    const heardMs = this.#options.clock.monotonicMs();
    // One after another: a farewell must not be overtaken by the beat before it.
    this.#reading = this.#reading.then(async () => {
      try {
        await this.#read(record, heardMs);
      } catch (defect) {
        // Anybody may write here: it must not end the listening, and an unhandled rejection the core.
        this.#options.client.logger.error({ detail: messageOf(defect) }, "defect: a heartbeat could not be taken in");
      }
      this.#unread--;
    });
  }

  async #read({ key, value }: InboundRecord, heardMs: number): Promise<void> {
    const instance = key?.toString() ?? "";
    if (value === null) {
      this.#known.forget(instance);
      return;
    }
    const reading = await readHeartbeat(this.#options.registry, value);
    // An instance that speaks another language lives, and may have any handler.
    if (reading.kind !== "heartbeat") {
      this.#known.hear({ instance, uptimeMs: null, eventIds: null }, heardMs);
      return;
    }
    const { eventIds, uptimeMs } = reading.beat;
    this.#known.hear({ instance, uptimeMs, eventIds: new Set(eventIds) }, heardMs);
  }
}
