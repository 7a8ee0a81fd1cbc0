import type { Decided, Question, RequestEnd, RequestSteps } from "../../src/before/ports.ts";
import { Responder } from "../../src/before/responder.ts";
import { noHandlerVerdict } from "../../src/before/unasked-verdicts.ts";
import type { Reading } from "../../src/model/reading.ts";
import type { InboundRecord } from "../../src/model/record.ts";
import type { CommitPosition } from "../../src/model/record-source.ts";
import type { Verdict } from "../../src/model/verdict.ts";
import { FakeClock } from "./fake-clock.ts";

const clockStartMs = Date.UTC(2026, 0, 1);

/** A request on partition 0 of topic "t"; its operation id is its offset. */
export function record(offset: number, given: Partial<InboundRecord> = {}): InboundRecord {
  const headers = { ce_type: "clients.update" };
  return {
    topic: "t",
    partition: 0,
    offset,
    timestampMs: clockStartMs,
    key: null,
    value: Buffer.from([0]),
    headers,
    ...given,
  };
}

export function allowVerdictFor(question: Question): Decided {
  return { verdict: { ...noHandlerVerdict(question), decidedBy: "handler" }, encoded: null, failures: [] };
}

/** An responder between fakes that do what a test tells them, and write down what was done. */
export class FakeRequests {
  readonly clock = new FakeClock({ epochMs: clockStartMs });
  readonly replies: { readonly offset: number; readonly verdict: Verdict }[] = [];
  readonly commits: CommitPosition[] = [];
  readonly ends: RequestEnd[] = [];
  readonly steps: (RequestSteps & { readonly ms: number })[] = [];
  readonly skews: number[] = [];
  readonly unsent: string[] = [];
  readonly paused: string[] = [];
  readonly resumed: string[] = [];
  /** What the observer heard of it. */
  readonly pauses: string[] = [];
  reads = 0;
  lagMs = 0;
  bypassed = false;
  read: (() => Promise<Reading>) | null = null;
  refusal: (record: InboundRecord) => string | null = () => null;
  readonly responder: Responder;
  #held: { readonly question: Question; readonly end: (decided: Decided) => void }[] | null = null;
  #heldReplies: (() => void)[] | null = null;
  #repliesFail = false;
  #commitsToFail = 0;

  constructor(limits: { inFlight?: number; inFlightBytes?: number } = {}) {
    this.responder = new Responder(
      {
        source: {
          pause: ({ topic, partition }) => void this.paused.push(`${topic}/${partition}`),
          resume: ({ topic, partition }) => void this.resumed.push(`${topic}/${partition}`),
          commit: (positions) => {
            if (this.#commitsToFail-- > 0) return Promise.reject(new Error("rebalancing"));
            this.commits.push(...positions);
            return Promise.resolve();
          },
        },
        reader: {
          admit: ({ value }) =>
            value === null
              ? { kind: "tombstone" }
              : { kind: "admitted", eventId: "clients.update", type: "clients.update" },
          read: () => {
            this.reads++;
            return this.read?.() ?? Promise.resolve(anEvent);
          },
        },
        requestOf: ({ offset }) => ({
          operationId: String(offset),
          attempt: 1,
          baseVersion: null,
          dataHash: "",
          deadlineMs: undefined,
          budgetMs: undefined,
        }),
        decide: (question) =>
          this.#held === null
            ? Promise.resolve(allowVerdictFor(question))
            : new Promise((end) => void this.#held?.push({ question, end })),
        replier: {
          refusal: (at) => this.refusal(at),
          send: ({ offset }, verdict) => {
            if (this.#repliesFail) return Promise.reject(new Error("no broker"));
            this.replies.push({ offset, verdict });
            const held = this.#heldReplies;
            return held === null
              ? Promise.resolve("by-request")
              : new Promise((resolve) => void held.push(() => resolve("by-request")));
          },
        },
        observer: {
          decided: (_record, _admission, _decided, end, ms, steps) => {
            this.ends.push(end);
            this.steps.push({ ...steps, ms });
          },
          unsent: (_record, detail) => void this.unsent.push(detail),
          unanswered: (_record, end) => void this.ends.push(end),
          paused: (reason, bytes) => void this.pauses.push(`paused ${reason} ${bytes}`),
          resumed: (bytes) => void this.pauses.push(`resumed ${bytes}`),
          skewed: (_record, skewMs) => void this.skews.push(skewMs),
        },
        clock: this.clock,
        lagMs: () => this.lagMs,
        bypassed: () => this.bypassed,
      },
      {
        inFlight: limits.inFlight ?? 100,
        inFlightBytes: limits.inFlightBytes ?? 1_048_576,
        deadlineMs: 1500,
        commitEveryMs: 200,
      },
    );
    this.responder.assigned([{ topic: "t", partition: 0 }]);
  }

  holdDecisions(): void {
    this.#held = [];
  }

  releaseDecisions(): void {
    for (const { question, end } of this.#held ?? []) end(allowVerdictFor(question));
    this.#held = null;
  }

  finishOne(at: number, verdict: (question: Question) => Decided): void {
    const held = this.#held ?? [];
    const [one] = held.length === 0 ? [] : held.splice(at % held.length, 1);
    one?.end(verdict(one.question));
  }

  holdReplies(): void {
    this.#heldReplies = [];
  }

  releaseReplies(): void {
    for (const resolve of this.#heldReplies ?? []) resolve();
    this.#heldReplies = null;
  }

  failReplies(): void {
    this.#repliesFail = true;
  }

  failNextCommit(): void {
    this.#commitsToFail = 1;
  }
}

export const anEvent: Extract<Reading, { kind: "event" }> = {
  kind: "event",
  event: {
    id: "clients.update",
    type: "clients.update",
    ceId: "1",
    source: "test",
    time: "2026-01-01T00:00:00Z",
    objectId: "12",
    traceparent: undefined,
    shape: { record: "ClientsUpdate", sparse: true, fields: [] },
    data: {},
  },
  recode: (data) => ({ data, value: Buffer.alloc(0) }),
};
