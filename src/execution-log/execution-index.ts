import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type {
  DecisionDetail,
  DecisionQuery,
  DecisionRow,
  ExecutionDetail,
  ExecutionQuery,
  ExecutionRow,
} from "../admin/contract/executions.ts";
import type { LiveEvents } from "../admin/contract/live.ts";
import type { ExecutionFigures, ExecutionSearch, Page } from "../admin/ports.ts";
import { BridgeError } from "../errors.ts";
import { type Clock, systemClock, type Timer } from "../model/clock.ts";
import { bounded, within } from "../model/deadline.ts";
import type { Logger } from "../model/logger.ts";
import type { EntryQuery } from "./entry.ts";
import type { FromIndex, IndexSettings, IndexState, Question, ToIndex } from "./messages.ts";

/** Told as admin/live/ tells browsers; `missed`: there were more than anybody could read. */
export type LiveListener = <K extends "execution" | "decision" | "missed">(name: K, data: LiveEvents[K]) => void;

/** The execution log and the decisions, indexed on this instance in a thread of its own. */
export interface ExecutionIndex extends ExecutionSearch, ExecutionFigures {
  state(): IndexState;
  /** Told of entries as they are indexed; must return at once. Returns how to end it. */
  subscribe(listener: LiveListener): () => void;
  /** Ends the thread; resolves within `deadlineMs` and a second. What is indexed stays. Idempotent. */
  close(deadlineMs: number): Promise<void>;
}

/** Longest wait for an answer; the usual one comes within some milliseconds. */
const answerMs = 5000;
const maxPending = 200;
const againAfterMs = 5000;

/** Returns at once; until the file is open questions are refused with INDEX_UNAVAILABLE, which says why. */
export function startExecutionIndex(
  settings: IndexSettings,
  logger: Logger,
  clock: Clock = systemClock,
): ExecutionIndex {
  return new IndexClient(settings, logger, clock);
}

class IndexClient implements ExecutionIndex {
  readonly #settings: IndexSettings;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #listeners = new Set<LiveListener>();
  /** Null: it has died, and `again` starts another. */
  #worker: Worker | null;
  #again: Timer | null = null;
  #exited = Promise.withResolvers<undefined>();
  #asked = 0;
  #closing: Promise<void> | null = null;
  #state: IndexState = {
    ...{ status: "starting", detail: null, file: null, bytes: null, oldestAtMs: null, behind: null, unread: 0 },
  };

  constructor(settings: IndexSettings, logger: Logger, clock: Clock) {
    this.#settings = settings;
    this.#logger = logger;
    this.#clock = clock;
    this.#worker = this.#born();
  }

  state(): IndexState {
    return this.#state;
  }

  executions(query: ExecutionQuery): Promise<Page<ExecutionRow>> {
    const { event, handler, outcome, stage, status, ...rest } = query;
    return this.#ask({ kind: "executions", query: entryQuery({ handler, event, stage, status, outcome }, rest) });
  }

  execution(id: string): Promise<ExecutionDetail | null> {
    return this.#ask({ kind: "execution", id });
  }

  decisions(query: DecisionQuery): Promise<Page<DecisionRow>> {
    const { decidedBy, decision, event, handler, ...rest } = query;
    return this.#ask({ kind: "decisions", query: entryQuery({ handler, event, decision, decidedBy }, rest) });
  }

  decision(id: string): Promise<DecisionDetail | null> {
    return this.#ask({ kind: "decision", id });
  }

  async recent(sinceMs: number): ReturnType<ExecutionFigures["recent"]> {
    return new Map(
      await this.#ask<[string, { ok: number; failed: number; p95Ms: number | null }][]>({ kind: "recent", sinceMs }),
    );
  }

  steps(handler: string, sinceMs: number, stepMs: number): ReturnType<ExecutionFigures["steps"]> {
    return this.#ask({ kind: "steps", handler, sinceMs, stepMs });
  }

  subscribe(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    this.#tell({ kind: "live", wanted: true });
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#tell({ kind: "live", wanted: false });
    };
  }

  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#refuseAll(new BridgeError("CLOSED", "the index is closed"));
    this.#again?.cancel();
    const worker = this.#worker;
    if (worker === null) return;
    this.#tell({ kind: "close" });
    await bounded(this.#exited.promise, deadlineMs, this.#clock);
    await worker.terminate();
  }

  async #ask<T>(question: Question): Promise<T> {
    if (this.#closing !== null) throw new BridgeError("CLOSED", "the index is closed");
    if (this.#worker === null) throw died();
    if (this.#pending.size >= maxPending) throw new BridgeError("QUEUE_FULL", "too many questions to the index wait");
    const id = ++this.#asked;
    const answer = Promise.withResolvers<unknown>();
    this.#pending.set(id, answer);
    this.#tell({ kind: "ask", id, question });
    try {
      return (await within(this.#clock, answerMs, "a look into the execution log", answer.promise)) as T;
    } finally {
      this.#pending.delete(id);
    }
  }

  #born(): Worker {
    const worker = new Worker(new URL(`./index-worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: this.#settings,
      env: process.env,
    });
    worker.on("message", (message: FromIndex) => this.#hear(message));
    worker.on("error", (error: Error) => {
      this.#logger.error({ detail: error.message }, "internal: the index's thread died; it is started again");
    });
    worker.on("exit", () => {
      this.#worker = null;
      this.#exited.resolve(undefined);
      const error = died();
      this.#refuseAll(error);
      this.#state = { ...this.#state, status: "unusable", detail: error.message };
      if (this.#closing === null) this.#again = this.#clock.after(againAfterMs, () => this.#startAgain());
    });
    // The index is no reason for a process to stay.
    worker.unref();
    return worker;
  }

  #startAgain(): void {
    this.#exited = Promise.withResolvers();
    this.#worker = this.#born();
    if (this.#listeners.size > 0) this.#tell({ kind: "live", wanted: true });
  }

  #hear(message: FromIndex): void {
    switch (message.kind) {
      case "answer":
        this.#pending.get(message.id)?.resolve(message.answer);
        return;
      case "refusal":
        this.#pending.get(message.id)?.reject(new BridgeError(message.code, message.message));
        return;
      case "state":
        this.#state = message.state;
        return;
      case "log":
        this.#logger[message.level](message.fields, message.message);
        return;
      case "live":
        for (const listener of this.#listeners) {
          for (const { name, row } of message.entries) listener(name, row);
          if (message.missed > 0) listener("missed", { count: message.missed });
        }
    }
  }

  #tell(message: ToIndex): void {
    this.#worker?.postMessage(message);
  }

  #refuseAll(error: BridgeError): void {
    for (const { reject } of this.#pending.values()) reject(error);
  }
}

function died(): BridgeError {
  return new BridgeError("INDEX_UNAVAILABLE", "the index's thread ended; it is started again");
}

type Rest = Omit<ExecutionQuery, "handler" | "event" | "stage" | "status" | "outcome">;

function entryQuery(kind: EntryQuery["kind"], { since, until, limit = 50, ...rest }: Rest): EntryQuery {
  return {
    ...rest,
    ...{ kind, limit },
    ...(since === undefined ? {} : { sinceMs: Date.parse(since) }),
    ...(until === undefined ? {} : { untilMs: Date.parse(until) }),
  };
}
