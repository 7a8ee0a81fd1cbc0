import { BridgeError, messageOf } from "../errors.ts";
import type { RecordProducer } from "../kafka/produce/producer.ts";
import type { Clock, Timer } from "../model/clock.ts";
import type { Logger } from "../model/logger.ts";
import type { OutboundRecord } from "../model/record.ts";
import { countdown } from "./countdown.ts";

/** Why an entry is missing on its topic. */
export type LogDrop =
  | "not-open" // the schema is not open yet: the registry is away, or setup has not been run
  | "queue-full" // the broker is slower than entries come
  | "refused" // no such topic, or no right to write to it
  | "too-large"
  | "broker-away" // not acknowledged in time
  | "closed" // still waiting when the bridge ended
  | "defect";

/** The key and the value of an entry's record. */
export interface EncodedEntry {
  readonly key: string;
  readonly value: Buffer;
}

export interface BestEffortLogParts<Entry> {
  /** Its own: a batch of verdicts would wait for the slowest partition in it. */
  readonly producer: Pick<RecordProducer, "send" | "close">;
  readonly topic: string;
  /** Looks the schema up; tried again until it works. */
  readonly open: () => Promise<(entry: Entry) => EncodedEntry>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onDropped: (why: LogDrop, count: number) => void;
  /** What the log says when entries are lost, once per outage. */
  readonly complaint: string;
  /** Entries that may wait. */
  readonly maxWaiting: number;
  /** And the bytes they may hold: one that tells much can be larger than a thousand others. */
  readonly maxWaitingBytes: number;
  /** Out at once, at most. */
  readonly maxOut: number;
}

/** How long one record may wait for its acknowledgement. Milliseconds. */
export const acknowledgeMs = 5000;
/** Nobody waits for an entry, and what a batch costs is the same for one as for a hundred. Milliseconds. */
export const lingerMs = 50;
const openAgainAfterMs = 5000;
/**
 * Out at once at the start and after a failure; one more with each record that is written. A producer finds the one record
 * that a broker refuses by halving the batch: a topic that is missing must not cost a thousand tries.
 */
const firstOut = 64;

/**
 * Writes what happened to a topic of its own, and never delays or fails what it tells of: what cannot be written is dropped
 * and counted, and the log says so once per outage. For decisions, executions and the audit log.
 */
export class BestEffortLog<Entry> {
  readonly #parts: BestEffortLogParts<Entry>;
  #encode: ((entry: Entry) => EncodedEntry) | null = null;
  #opening: Timer | null = null;
  /** Undefined where one is out already: what is left here grows old, and so would all that it holds. */
  readonly #waiting: (OutboundRecord | undefined)[] = [];
  /** Of `#waiting`, the first that is not out yet: shifting is linear. */
  #first = 0;
  #waitingBytes = 0;
  #out = 0;
  #mayBeOut: number;
  #failing = false;
  #idle: (() => void) | null = null;
  #stopped: Promise<void> | null = null;

  constructor(parts: BestEffortLogParts<Entry>) {
    this.#parts = parts;
    this.#mayBeOut = Math.min(firstOut, parts.maxOut);
  }

  /** Returns at once; until the schema is open entries are dropped. */
  start(): void {
    const { clock, open } = this.#parts;
    open().then(
      (encode) => {
        this.#encode = encode;
      },
      (error: unknown) => {
        this.#complain(messageOf(error));
        if (this.#stopped === null) this.#opening = clock.after(openAgainAfterMs, () => this.start());
      },
    );
  }

  /** Returns at once and never throws; `entryOf` is asked only if there is room. */
  write(entryOf: () => Entry): void {
    try {
      if (this.#stopped !== null) this.#drop("closed", "the bridge is ending");
      else if (this.#encode === null) this.#drop("not-open", "the schema is not open");
      else if (this.#isFull()) this.#drop("queue-full", "too many entries wait to be written");
      else this.#add(this.#encode(entryOf()));
    } catch (error) {
      this.#drop("defect", messageOf(error));
    }
  }

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
    const left = this.#waiting.splice(0).length - this.#first;
    this.#first = 0;
    if (left > 0) onDropped("closed", left);
    await producer.close(leftMs());
  }

  #add({ key, value }: EncodedEntry): void {
    this.#waiting.push({ topic: this.#parts.topic, key, value, headers: {} });
    this.#waitingBytes += value.length;
    this.#send();
  }

  #isFull(): boolean {
    const { maxWaiting, maxWaitingBytes } = this.#parts;
    return this.#waiting.length - this.#first >= maxWaiting || this.#waitingBytes >= maxWaitingBytes;
  }

  #send(): void {
    while (this.#out < this.#mayBeOut) {
      const record = this.#waiting[this.#first];
      if (record === undefined) break;
      this.#waiting[this.#first++] = undefined;
      this.#out++;
      this.#waitingBytes -= record.value?.length ?? 0;
      this.#write(record);
    }
    if (this.#first === this.#waiting.length || this.#first >= 1024) {
      this.#waiting.splice(0, this.#first);
      this.#first = 0;
    }
  }

  #write(record: OutboundRecord): void {
    try {
      this.#parts.producer.send(record).then(this.#written, this.#notWritten);
    } catch (error) {
      // A defect. Later, for what is told of it may send the next one.
      queueMicrotask(() => this.#notWritten(error));
    }
  }

  readonly #written = (): void => {
    this.#failing = false;
    if (this.#mayBeOut < this.#parts.maxOut) this.#mayBeOut++;
    this.#over();
  };

  readonly #notWritten = (error: unknown): void => {
    this.#mayBeOut = Math.min(firstOut, this.#parts.maxOut);
    this.#drop(dropOf(error), messageOf(error));
    this.#over();
  };

  /** A record is out no more. */
  #over(): void {
    this.#out--;
    this.#send();
    if (this.#out === 0) this.#idle?.();
  }

  #drop(why: LogDrop, detail: string): void {
    this.#parts.onDropped(why, 1);
    this.#complain(detail);
  }

  /** Once per outage: there may be thousands a second. */
  #complain(detail: string): void {
    if (!this.#failing) this.#parts.logger.warn({ detail }, this.#parts.complaint);
    this.#failing = true;
  }
}

function dropOf(error: unknown): LogDrop {
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
