import { BridgeError } from "../../errors.ts";
import { type Clock, systemClock } from "../../model/clock.ts";
import { bounded, pause } from "../../model/deadline.ts";
import type { OutboundRecord } from "../../model/record.ts";
import type { KafkaClient } from "../connection/client.ts";
import { BatchSender } from "./batch-sender.ts";
import { classifySendFailure, notWritten, refused } from "./producer-errors.ts";
import { type Queued, SendQueue, sizeOf } from "./send-queue.ts";

export interface RecordPosition {
  readonly partition: number;
  readonly offset: number;
}

export interface RecordProducer {
  /** Connects; rejects with BROKER_UNAVAILABLE. Records may be sent before: they wait. */
  connect(): Promise<void>;
  /**
   * Resolves when all in-sync replicas have the record. Records of one partition are written in the order of the calls.
   * Rejects with RECORD_TOO_LARGE, RECORD_REFUSED (no such topic or partition, or the broker said no), QUEUE_FULL,
   * BROKER_UNAVAILABLE (no acknowledgement within `timeoutMs`; it may have been written nevertheless) or CLOSED.
   */
  send(record: OutboundRecord): Promise<RecordPosition>;
  /** Whether the broker took what was sent last, and does not keep what is being sent waiting. */
  ready(): boolean;
  /** Sends what waits, then disconnects; resolves within `deadlineMs` and four seconds. Idempotent. */
  close(deadlineMs: number): Promise<void>;
}

export interface ProducerOptions {
  /** Longest wait for one record's acknowledgement. Milliseconds [30,000]. */
  readonly timeoutMs?: number;
  /** Bounds of what waits to be sent [100,000 records, 64 MiB]. */
  readonly maxRecords?: number;
  readonly maxBytes?: number;
  /** How long records wait for others to go with; until a batch is full, at most. What a batch costs is then shared [0]. */
  readonly lingerMs?: number;
  readonly clock?: Clock;
}

const retryAfterMs = 100;
const sweepEveryMs = 250;
/** Failures in a row after which a new producer is tried: one that cannot recover must not stop all writing. */
const renewEvery = 3;
/** A batch that is out for longer means that the broker is not ready. */
const slowAfterMs = 5000;

/**
 * Group commit. kafkajs does not batch, and its idempotent producer loses records under concurrent sends; so one batch is
 * out at a time, and whatever queued up meanwhile makes the next. A batch that fails for a reason that may pass is sent
 * again as it was, before anything newer: the broker knows it by its sequence, and order is kept.
 */
export function createRecordProducer(client: KafkaClient, options: ProducerOptions = {}): RecordProducer {
  const clock = options.clock ?? systemClock;
  return new GroupCommitProducer(new BatchSender(client, clock), clock, options);
}

/** What the producer needs of `BatchSender`. */
export type Sender = Pick<BatchSender, "connect" | "send" | "renew" | "disconnect">;

export class GroupCommitProducer implements RecordProducer {
  readonly #sender: Sender;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #lingerMs: number;
  readonly #queue: SendQueue;
  #pumping: Promise<void> | null = null;
  #out: readonly Queued[] = [];
  #outSinceMs = 0;
  #healthy = false;
  #closing: Promise<void> | null = null;
  #closed = false;
  /** Ends the wait for more. */
  #hurry: () => void = () => undefined;

  constructor(sender: Sender, clock: Clock, options: ProducerOptions) {
    this.#sender = sender;
    this.#clock = clock;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    this.#lingerMs = options.lingerMs ?? 0;
    this.#queue = new SendQueue(options.maxRecords ?? 100_000, options.maxBytes ?? 64 * 1024 * 1024);
  }

  async connect(): Promise<void> {
    await this.#sender.connect();
    this.#healthy = true;
  }

  send(record: OutboundRecord): Promise<RecordPosition> {
    if (this.#closing !== null) return Promise.reject(new BridgeError("CLOSED", "the producer is closed"));
    return new Promise((resolve, reject) => {
      const giveUpAtMs = this.#clock.monotonicMs() + this.#timeoutMs;
      if (!this.#queue.add({ record, bytes: sizeOf(record), partition: undefined, giveUpAtMs, resolve, reject })) {
        reject(new BridgeError("QUEUE_FULL", "too many records wait to be written: the broker is slow or away"));
        return;
      }
      if (this.#queue.fillsBatch) this.#hurry();
      this.#pumping ??= this.#pump();
    });
  }

  ready(): boolean {
    return this.#healthy && (this.#out.length === 0 || this.#clock.monotonicMs() - this.#outSinceMs < slowAfterMs);
  }

  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#hurry();
    await bounded(this.#pumping ?? Promise.resolve(), deadlineMs, this.#clock);
    this.#healthy = false;
    this.#closed = true;
    const closed = new BridgeError("CLOSED", "the producer was closed before the record was acknowledged");
    for (const queued of [...this.#out, ...this.#queue.takeAll()]) queued.reject(closed);
    this.#out = [];
    await this.#sender.disconnect();
  }

  async #pump(): Promise<void> {
    // Everything sent in this turn of the event loop makes one batch.
    await Promise.resolve();
    const sweeper = this.#sweep();
    while (this.#queue.size > 0) {
      await this.#linger();
      this.#out = this.#queue.take();
      this.#outSinceMs = this.#clock.monotonicMs();
      await this.#deliver(this.#out);
      this.#out = [];
    }
    sweeper.cancel();
    this.#pumping = null;
    // kafkajs connects again for the retries of a send that was out when it was told to disconnect.
    if (this.#closed) await this.#sender.disconnect();
  }

  #linger(): Promise<void> | null {
    if (this.#lingerMs === 0 || this.#closing !== null || this.#queue.fillsBatch) return null;
    return new Promise((resolve) => {
      const timer = this.#clock.after(this.#lingerMs, resolve);
      this.#hurry = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** Sends a batch until every record of it is acknowledged, refused or given up. Never rejects. */
  async #deliver(batch: readonly Queued[]): Promise<void> {
    let left = batch;
    let tried = false;
    let failures = 0;
    while (left.length > 0) {
      try {
        await this.#sender.connect();
        tried = true;
        await this.#sender.send(left);
        this.#healthy = true;
        return;
      } catch (error) {
        const failure = classifySendFailure(error);
        if (failure.kind === "record") return this.#narrow(left, failure.type, error);
        this.#healthy = false;
        const wanted = this.#stillWanted(left, error);
        // The part that is given up may have been written: see BatchSender.
        const inDoubt = wanted.length < left.length;
        if (tried && (failure.kind === "spent" || inDoubt || ++failures % renewEvery === 0)) {
          await this.#sender.renew();
          tried = false;
        }
        left = wanted;
        if (left.length > 0) await pause(this.#clock, retryAfterMs);
      }
    }
  }

  /** kafkajs fails a whole batch for one record: it is halved until the guilty one stands alone, and only that is refused. */
  async #narrow(batch: readonly Queued[], type: string, error: unknown): Promise<void> {
    const [first] = batch;
    if (first !== undefined && batch.length === 1) {
      first.reject(refused(first.record, type, error));
      // A size is refused at each try; after other refusals an earlier try may have been written.
      if (type !== "MESSAGE_TOO_LARGE") await this.#sender.renew();
      return;
    }
    const middle = Math.ceil(batch.length / 2);
    for (const half of [batch.slice(0, middle), batch.slice(middle)]) {
      // All were rejected when it closed, and nothing may connect again behind it.
      if (!this.#closed) await this.#deliver(half);
    }
  }

  #stillWanted(batch: readonly Queued[], error: unknown): readonly Queued[] {
    const nowMs = this.#clock.monotonicMs();
    const unwanted = (queued: Queued): boolean => nowMs >= queued.giveUpAtMs || this.#closed;
    for (const queued of batch) if (unwanted(queued)) queued.reject(notWritten(queued.record, error));
    return batch.filter((queued) => !unwanted(queued));
  }

  /** Keeps the promise of `timeoutMs` while a send hangs. */
  #sweep(): { cancel(): void } {
    const tick = (): void => {
      const nowMs = this.#clock.monotonicMs();
      const overdue = [...this.#out.filter((queued) => nowMs >= queued.giveUpAtMs), ...this.#queue.takeOverdue(nowMs)];
      for (const queued of overdue) queued.reject(notWritten(queued.record, null));
      timer = this.#clock.after(sweepEveryMs, tick);
    };
    let timer = this.#clock.after(sweepEveryMs, tick);
    return { cancel: () => timer.cancel() };
  }
}
