import type { BeforeObserver } from "../before/ports.ts";
import { BridgeError, messageOf } from "../errors.ts";
import type { RecordProducer } from "../kafka/produce/producer.ts";
import { type DecisionWriter, openDecisionWriter } from "../kafka/records/decision-codec.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import type { Clock, Timer } from "../model/clock.ts";
import type { Logger } from "../model/logger.ts";
import type { OutboundRecord } from "../model/record.ts";
import { decisionRecord } from "../observe/decision-record.ts";
import { countdown } from "./countdown.ts";

/** Why a decision is missing on its topic. */
export type DecisionDrop =
  | "not-open" // the schema is not open yet: the registry is away, or setup has not been run
  | "queue-full" // the broker is slower than decisions come
  | "refused" // no such topic, or no right to write to it
  | "too-large"
  | "broker-away" // not acknowledged in time
  | "closed" // still waiting when the bridge ended
  | "defect";

export interface DecisionLogParts {
  /** Its own: a batch of verdicts would wait for the slowest partition in it. */
  readonly producer: Pick<RecordProducer, "send" | "close">;
  readonly registry: Pick<Registry, "recordBySchema">;
  readonly topic: string;
  readonly instanceId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onDropped: (why: DecisionDrop, count: number) => void;
  /** Decisions that may wait [10,000]. */
  readonly maxWaiting?: number;
  /** And the bytes they may hold [16 MiB]: one that tells of many changes can be larger than a thousand others. */
  readonly maxWaitingBytes?: number;
}

/** How long one record may wait for its acknowledgement. Milliseconds. */
export const decisionTimeoutMs = 5000;
const openAgainAfterMs = 5000;
/** Out at once. Few, as a producer finds the one record that a broker refuses by halving the batch. */
const maxOut = 64;

/**
 * Writes how each verdict came about, once its reply is out. Never delays or fails a verdict: what cannot be written is
 * dropped and counted, and the log says so once per outage.
 */
export class DecisionLog implements Pick<BeforeObserver, "decided"> {
  readonly #parts: DecisionLogParts;
  readonly #maxWaiting: number;
  readonly #maxWaitingBytes: number;
  #writer: DecisionWriter | null = null;
  #opening: Timer | null = null;
  #waiting: OutboundRecord[] = [];
  #waitingBytes = 0;
  #out = 0;
  #failing = false;
  #idle: (() => void) | null = null;
  #stopped: Promise<void> | null = null;

  constructor(parts: DecisionLogParts) {
    this.#parts = parts;
    this.#maxWaiting = parts.maxWaiting ?? 10_000;
    this.#maxWaitingBytes = parts.maxWaitingBytes ?? 16 * 1024 * 1024;
  }

  /** Returns at once; until the schema is open decisions are dropped. */
  start(): void {
    const { clock, registry, topic } = this.#parts;
    openDecisionWriter(registry, topic).then(
      (writer) => {
        this.#writer = writer;
      },
      (error: unknown) => {
        this.#complain(messageOf(error));
        if (this.#stopped === null) this.#opening = clock.after(openAgainAfterMs, () => this.start());
      },
    );
  }

  readonly decided: BeforeObserver["decided"] = (...what) => {
    try {
      if (this.#stopped !== null) this.#drop("closed", "the bridge is ending");
      else if (this.#writer === null) this.#drop("not-open", "the schema of decisions is not open");
      else if (this.#isFull()) this.#drop("queue-full", "too many decisions wait");
      else this.#add(this.#writer, ...what);
    } catch (error) {
      this.#drop("defect", messageOf(error));
    }
  };

  /** Writes what waits; resolves within `deadlineMs` and five seconds. Idempotent. */
  stop(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs);
    return this.#stopped;
  }

  async #stop(deadlineMs: number): Promise<void> {
    const { clock, producer, onDropped } = this.#parts;
    const leftMs = countdown(clock, deadlineMs);
    this.#opening?.cancel();
    if (this.#out > 0) {
      await new Promise<void>((resolve) => {
        const timer = clock.after(leftMs(), resolve);
        this.#idle = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    const left = this.#waiting.splice(0).length;
    if (left > 0) onDropped("closed", left);
    await producer.close(leftMs());
  }

  #add(writer: DecisionWriter, ...[record, ...what]: Parameters<BeforeObserver["decided"]>): void {
    const { instanceId, topic } = this.#parts;
    const decision = decisionRecord(instanceId, record, ...what);
    const value = writer.encode(decision);
    this.#waiting.push({ topic, key: decision.operationId, value, headers: {} });
    this.#waitingBytes += value.length;
    this.#send();
  }

  #isFull(): boolean {
    return this.#waiting.length >= this.#maxWaiting || this.#waitingBytes >= this.#maxWaitingBytes;
  }

  #send(): void {
    for (const record of this.#waiting.splice(0, maxOut - this.#out)) {
      this.#out++;
      this.#waitingBytes -= record.value?.length ?? 0;
      void this.#write(record).then(() => {
        this.#out--;
        this.#send();
        if (this.#out === 0) this.#idle?.();
      });
    }
  }

  /** Never rejects. */
  async #write(record: OutboundRecord): Promise<void> {
    try {
      await this.#parts.producer.send(record);
      this.#failing = false;
    } catch (error) {
      this.#drop(dropOf(error), messageOf(error));
    }
  }

  #drop(why: DecisionDrop, detail: string): void {
    this.#parts.onDropped(why, 1);
    this.#complain(detail);
  }

  /** Once per outage: there may be thousands a second. */
  #complain(detail: string): void {
    if (!this.#failing) this.#parts.logger.warn({ detail }, "decisions are not written: verdicts go on without");
    this.#failing = true;
  }
}

function dropOf(error: unknown): DecisionDrop {
  switch (error instanceof BridgeError ? error.code : null) {
    case "RECORD_TOO_LARGE":
      return "too-large";
    case "RECORD_REFUSED":
      return "refused";
    case "QUEUE_FULL":
      return "queue-full";
    case "BROKER_UNAVAILABLE":
      return "broker-away";
    case "CLOSED":
      return "closed";
    default:
      return "defect";
  }
}
