import { messageOf } from "../errors.ts";
import type { Clock } from "../model/clock.ts";
import type { Admission, RecordReader } from "../model/reading.ts";
import { type InboundRecord, sequenceOf } from "../model/record.ts";
import type { AssignedPartition, RecordSink, RecordSource } from "../model/record-source.ts";
import type { Verdict } from "../model/verdict.ts";
import { clockSkewMs, decideBy, isExpired, remainingAtReceipt } from "./budget.ts";
import { HeldBytes } from "./held-bytes.ts";
import type { BeforeObserver, Decided, Question, Replier, Request, RequestSteps } from "./ports.ts";
import { RequestCommits } from "./request-commits.ts";
import { bypassVerdict, expiredVerdict, overloadVerdict, unreadableVerdict } from "./unasked-verdicts.ts";

export interface ResponderPorts {
  readonly source: RecordSource;
  readonly reader: RecordReader;
  readonly requestOf: (record: InboundRecord) => Request;
  readonly decide: (question: Question) => Promise<Decided>;
  readonly replier: Replier;
  readonly observer: BeforeObserver;
  readonly clock: Clock;
  /** Whether nobody is asked now. */
  readonly bypassed: () => boolean;
  /** How late everything here is, milliseconds, when that is too much; 0 as long as it is not. */
  readonly lagMs: () => number;
}

export interface ResponderLimits {
  /** Requests decided at once. */
  readonly inFlight: number;
  /** Bytes of the requests in flight at which all partitions are paused. */
  readonly inFlightBytes: number;
  /** The configured deadline D, milliseconds, for requests that state none. */
  readonly deadlineMs: number;
  readonly commitEveryMs: number;
}

type Poison = Extract<Admission, { kind: "poison" }>;

type Steps = { -readonly [K in Exclude<keyof RequestSteps, "decidedMs">]: RequestSteps[K] };

/** Most that a record's clock may run ahead of ours before it is reported. Milliseconds. */
const reportedSkewMs = 50;

/**
 * Requests in, replies out.
 *
 *   record ── no value ──────────────► settled                       (tombstone)
 *          ── nobody to answer ──────► settled                       (no-reply-target)
 *          ── time over ─────────────► reply undecided, expired      (before anything is decoded)
 *          ── nobody is to be asked ─► reply undecided, bypass
 *          ── too many at once,
 *             or its time is shorter
 *             than our lag ──────────► reply undecided, overload
 *          ── cannot be read ────────► reply undecided, unreadable
 *          ── otherwise ─────────────► chain ──► reply
 *
 * A record is settled once its reply is acknowledged, or could not be written; only then may it be committed. It is never
 * asked again, parked or dead-lettered: the core's clock has long decided. Nothing here throws into the consumer.
 */
export class Responder implements RecordSink {
  readonly #ports: ResponderPorts;
  readonly #limits: ResponderLimits;
  readonly #commits: RequestCommits;
  readonly #held: HeldBytes;
  #inFlight = 0;
  #draining = false;
  #idle: (() => void) | null = null;

  constructor(ports: ResponderPorts, limits: ResponderLimits) {
    this.#ports = ports;
    this.#limits = limits;
    this.#commits = new RequestCommits(ports.source, ports.clock, limits.commitEveryMs);
    const { source, observer } = ports;
    this.#held = new HeldBytes({
      source,
      mostBytes: limits.inFlightBytes,
      onPaused: (bytes) => observer.paused("bytes", bytes),
      onResumed: (bytes) => observer.resumed(bytes),
    });
  }

  /** Requests that are being answered now. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Bytes of those requests. */
  get inFlightBytes(): number {
    return this.#held.bytes;
  }

  assigned(partitions: readonly AssignedPartition[]): void {
    this.#held.assigned(partitions);
    this.#commits.assigned(partitions);
  }

  accept(records: readonly InboundRecord[]): void {
    // While draining, what is not taken up stays uncommitted: the next owner answers it.
    if (this.#draining) return;
    for (const record of records) {
      const settle = this.#commits.open(record);
      if (settle === undefined) continue;
      const bytes = sizeOf(record);
      this.#inFlight++;
      this.#held.took(bytes);
      const ended = this.#answer(record).catch((defect: unknown) => {
        this.#ports.observer.unanswered(record, "defect", messageOf(defect));
      });
      void ended.then(() => {
        settle();
        this.#inFlight--;
        this.#held.gave(bytes);
        if (this.#inFlight === 0) this.#idle?.();
      });
    }
  }

  /** Takes nothing more up, lets what is in flight be answered, commits. Resolves within `ms` and two seconds. */
  async drain(ms: number): Promise<void> {
    this.#draining = true;
    this.#held.close();
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#ports.clock.after(ms, resolve);
        this.#idle = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    await this.#commits.close();
  }

  async #answer(record: InboundRecord): Promise<void> {
    const { reader, replier, observer, clock } = this.#ports;
    const receivedAtMs = clock.monotonicMs();
    const admission = reader.admit(record);
    if (admission.kind === "tombstone") {
      observer.unanswered(record, "tombstone", "the record has no value");
      return;
    }
    const refusal = replier.refusal(record);
    if (refusal !== null) {
      observer.unanswered(record, "no-reply-target", refusal);
      return;
    }
    const steps: Steps = { receivedAtMs: clock.epochMs(), event: null, readMs: null };
    const decided = await this.#verdict(record, admission, receivedAtMs, steps);
    const decidedMs = clock.monotonicMs() - receivedAtMs;
    const end = await replier.send(record, decided.verdict, decided.encoded).then(
      (chosen) => (chosen === "by-request" ? ("replied" as const) : ("replied-by-key" as const)),
      (error: unknown) => {
        observer.unsent(record, messageOf(error));
        return "reply-failed" as const;
      },
    );
    const ms = clock.monotonicMs() - receivedAtMs;
    observer.decided(record, admission, decided, end, ms, { ...steps, decidedMs });
  }

  async #verdict(record: InboundRecord, admission: Admission, receivedAtMs: number, steps: Steps): Promise<Decided> {
    const { bypassed, clock, observer, requestOf, reader } = this.#ports;
    const request = requestOf(record);
    const nowMs = clock.epochMs();
    const received = {
      ...request,
      nowMs,
      recordTimestampMs: record.timestampMs,
      configuredMs: this.#limits.deadlineMs,
    };
    const skewMs = clockSkewMs(received);
    if (skewMs > reportedSkewMs) observer.skewed(record, skewMs);
    const remainingMs = remainingAtReceipt(received);
    if (isExpired(remainingMs)) return unasked(expiredVerdict(request));
    if (bypassed()) return unasked(bypassVerdict(request));
    if (admission.kind === "poison") return poisoned(request, admission);
    const decideByMs = decideBy(receivedAtMs, remainingMs);
    if (this.#isTooMuch(decideByMs - receivedAtMs)) return unasked(overloadVerdict(request));

    const read = reader.read(record);
    const reading = read instanceof Promise ? await this.#within(read, decideByMs) : read;
    if (reading === "late") return unasked(unreadableVerdict(request, "the schema could not be had in time"));
    if (reading.kind === "registry-away") return unasked(unreadableVerdict(request, reading.detail));
    if (reading.kind === "poison") return poisoned(request, reading);
    const { event, recode } = reading;
    steps.event = event;
    steps.readMs = clock.monotonicMs() - receivedAtMs;
    const client = record.key?.toString("latin1") ?? request.operationId;
    return this.#ports.decide({ event, recode, ...request, sequence: sequenceOf(record), client, decideByMs });
  }

  #isTooMuch(shareMs: number): boolean {
    const lagMs = this.#ports.lagMs();
    return this.#inFlight > this.#limits.inFlight || (lagMs > 0 && shareMs < lagMs);
  }

  #within<T>(work: Promise<T>, untilMs: number): Promise<T | "late"> {
    const { clock } = this.#ports;
    return new Promise((resolve, reject) => {
      const timer = clock.after(untilMs - clock.monotonicMs(), () => resolve("late"));
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

/** What a record keeps in memory until it is answered, roughly: its headers are small against any value worth bounding. */
function sizeOf({ key, value }: InboundRecord): number {
  return 1024 + (key?.length ?? 0) + (value?.length ?? 0);
}

function unasked(verdict: Verdict): Decided {
  return { verdict, encoded: null, failures: [] };
}

function poisoned(request: Request, { reason, detail }: Poison): Decided {
  return { ...unasked(unreadableVerdict(request, `${reason}: ${detail}`)), poison: reason };
}
