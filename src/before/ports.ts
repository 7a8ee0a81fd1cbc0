/** What the before stage needs from outside. The implementations live in tasks/, kafka/ and observe/. */
import type { Answer } from "../model/answer.ts";
import type { Data } from "../model/data.ts";
import type { BridgeEvent } from "../model/event.ts";
import type { Exchange } from "../model/exchange.ts";
import type { Failure } from "../model/failure.ts";
import type { BeforeHandler } from "../model/handler.ts";
import type { Admission, PoisonReason, Recode } from "../model/reading.ts";
import type { InboundRecord } from "../model/record.ts";
import type { TaskCall } from "../model/task-call.ts";
import type { Decision, Reason, Verdict } from "../model/verdict.ts";

export type AskOutcome = (
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "failure"; readonly failure: Failure }
) & {
  /** Absent: no call was made, or nobody keeps it. */
  readonly exchange?: Exchange;
};

export interface BeforeTasks {
  /**
   * Asks one handler. Never rejects; ends at `call.timeoutMs` at the latest, or at once when `signal` aborts: with a
   * TimeoutError when the call's own time is over (as AbortSignal.timeout does), otherwise because nobody needs it.
   */
  ask(handler: BeforeHandler, call: TaskCall, signal: AbortSignal): Promise<AskOutcome>;
}

/** A request, decoded, with what is left of its time. */
export interface Question {
  readonly event: BridgeEvent;
  /** The data as the core sent it, where `event` holds another one. */
  readonly asSent?: Data;
  readonly recode: Recode;
  readonly operationId: string;
  readonly attempt: number;
  readonly baseVersion: string | null;
  readonly dataHash: string;
  readonly sequence: string;
  /** The record's key, as text that loses nothing: the client. Without one, the operation. */
  readonly client: string;
  /** Monotonic time (Clock.monotonicMs) at which the verdict must be folded: the bridge's share of the budget ends. */
  readonly decideByMs: number;
}

export interface Decided {
  readonly verdict: Verdict;
  /** `verdict.data` in the wire format of the request, null when nothing changed. */
  readonly encoded: Buffer | null;
  /** For logs: what the outcomes in the verdict have no room for. */
  readonly failures: readonly { readonly handler: string; readonly failure: Failure }[];
  /** Why the record can never be read, if that is what ended it. */
  readonly poison?: PoisonReason;
}

/** What of a request travels back whatever is decided. All of it is in the record's headers and bytes. */
export interface RequestIdentity {
  readonly operationId: string;
  readonly attempt: number;
  readonly baseVersion: string | null;
  /** SHA-256 of the request's Kafka value, hex. */
  readonly dataHash: string;
}

/** What the headers of a request say besides its event. */
export interface Request extends RequestIdentity {
  /** Header `deadline_ms`, milliseconds since 1970. */
  readonly deadlineMs: number | undefined;
  /** Header `budget_ms`. */
  readonly budgetMs: number | undefined;
}

/** How a request ended for the bridge; each is counted. */
export type RequestEnd =
  | "replied" // the verdict stands on the reply topic
  | "replied-by-key" // as `replied`; it named no partition, or none that exists, and the operation id chose one
  | "no-reply-target" // it names no reply topic we may write to, or no correlation id: nobody can be answered
  | "tombstone" // no value: not a request
  | "reply-failed" // the verdict could not be written in time; the core's own clock decides
  | "defect"; // an error of this program's own; the core's own clock decides

export interface Replier {
  /** Why no reply can reach anybody; null when one can. From the headers alone. */
  refusal(record: InboundRecord): string | null;
  /** Resolves when all in-sync replicas hold the reply, with what chose its partition. */
  send(record: InboundRecord, verdict: Verdict, encodedData: Buffer | null): Promise<"by-request" | "by-key">;
}

/** How far a request came, and when. */
export interface RequestSteps {
  /** By our clock, milliseconds since 1970. */
  readonly receivedAtMs: number;
  /** Null: it was not read, or could not be. */
  readonly event: BridgeEvent | null;
  /** Milliseconds after receipt; null: that step was not reached. */
  readonly readMs: number | null;
  readonly decidedMs: number;
}

/** What happened, for logs, metrics and the record of decisions. Must return at once and never throw. */
export interface BeforeObserver {
  /** `ms`: from receipt to the end. */
  decided(
    record: InboundRecord,
    admission: Admission,
    decided: Decided,
    end: RequestEnd,
    ms: number,
    steps: RequestSteps,
  ): void;
  /** The verdict that `decided` told of could not be written. */
  unsent(record: InboundRecord, detail: string): void;
  unanswered(record: InboundRecord, end: RequestEnd, detail: string): void;
  skewed(record: InboundRecord, skewMs: number): void;
  /** Nothing more is fetched: the requests in flight hold this many bytes. */
  paused(reason: "bytes", bytes: number): void;
  resumed(bytes: number): void;
}

/** How a shadow ended; `outcome` and `ms` as a verdict would state them. */
export type ShadowEnd =
  | {
      readonly kind: "compared";
      readonly outcome: string;
      readonly ms: number;
      readonly decision: Decision;
      readonly reason: Reason | null;
      /** Top-level fields that either changed. */
      readonly fields: readonly { readonly field: string; readonly agrees: boolean }[];
    }
  | { readonly kind: "failed"; readonly outcome: string; readonly ms: number; readonly failure: Failure }
  /** Not asked: too many are in flight. */
  | { readonly kind: "skipped" };

export interface ShadowReport {
  readonly handler: string;
  readonly eventId: string;
  readonly operationId: string;
  readonly sequence: string;
  /** What the verdict that counts decided. */
  readonly enforced: Decision;
  readonly end: ShadowEnd;
}

/** Told how every shadow ended. Must return at once and never throw. */
export type ShadowObserver = (report: ShadowReport) => void;
