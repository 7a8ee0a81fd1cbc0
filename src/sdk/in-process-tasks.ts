import type { AfterTasks, AttemptOutcome } from "../after/ports.ts";
import { BridgeError } from "../errors.ts";
import type { Clock } from "../model/clock.ts";
import type { Failure } from "../model/failure.ts";
import type { AfterHandler } from "../model/handler.ts";
import type { Logger } from "../model/logger.ts";
import type { TaskCall } from "../model/task-call.ts";
import { deliveredEvent } from "./delivered-event.ts";
import { type Delivery, NotTaken, PermanentFailure } from "./delivery.ts";

/** One attempt; its time runs from `begin`. Resolves when the event is delivered. */
export type Work = (delivery: Delivery, begin: () => void) => Promise<void>;

export interface InProcessOptions {
  readonly work: Work;
  /** Attempts at once, and as many again that outlived their time. */
  readonly concurrency: number;
  /** How long a key waits for an attempt that outlives its time; then it is given up. Milliseconds. */
  readonly overdueMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Running {
  /** Null: it has not begun. */
  startedMs: number | null;
  overdue: boolean;
}

const delivered: AttemptOutcome = { kind: "delivered", status: 200, response: "" };
/** A function has no status of HTTP; these stand for what it means, in the one table of dispositions and in dead letters. */
const refusedStatus = 422;
const failedStatus = 500;
const longestDetail = 1000;

/**
 * The subscriber's own function as the task of its one handler.
 *
 * A function cannot be ended from outside. One that goes on after its time keeps its key: the next attempt would run
 * beside it, and what it writes late would undo what came after. Such a key answers "not called", which spends nothing.
 */
export class InProcessTasks implements AfterTasks {
  readonly #options: InProcessOptions;
  readonly #running = new Map<string, Running>();

  constructor(options: InProcessOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running.size;
  }

  get overdue(): number {
    return [...this.#running.values()].filter(({ overdue }) => overdue).length;
  }

  deliver(_handler: AfterHandler, call: TaskCall, signal: AbortSignal): Promise<AttemptOutcome> {
    const lane = laneOf(call);
    if (signal.aborted) return Promise.resolve(notCalled("closed"));
    if (this.#isHeld(lane)) return Promise.resolve(notCalled("an earlier attempt of this key has not ended yet"));
    if (this.#running.size >= 2 * this.#options.concurrency)
      return Promise.resolve(notCalled("too many attempts have outlived their time"));
    return this.#attempt(lane, call, signal);
  }

  #isHeld(lane: string): boolean {
    const earlier = this.#running.get(lane);
    if (earlier === undefined) return false;
    const { clock, overdueMs } = this.#options;
    return earlier.startedMs === null || clock.monotonicMs() - earlier.startedMs < overdueMs;
  }

  #attempt(lane: string, call: TaskCall, signal: AbortSignal): Promise<AttemptOutcome> {
    const { clock, logger, work } = this.#options;
    const abort = new AbortController();
    const running: Running = { startedMs: null, overdue: false };
    this.#running.set(lane, running);
    const { promise, resolve } = Promise.withResolvers<AttemptOutcome>();
    let timer: { cancel(): void } | null = null;
    const giveUp = (error: BridgeError, outcome: AttemptOutcome): void => {
      running.overdue = true;
      resolve(outcome);
      abort.abort(error);
    };
    const onAbort = (): void =>
      giveUp(new BridgeError("CLOSED", "closed, or another process goes on"), notCalled("closed"));
    signal.addEventListener("abort", onAbort, { once: true });
    const begin = (): void => {
      if (running.startedMs !== null) return;
      running.startedMs = clock.monotonicMs();
      timer = clock.after(call.timeoutMs, () => {
        const detail = `it did not end within ${call.timeoutMs} ms`;
        logger.warn({ delivery: call.deliveryId, sequence: call.sequence }, `an attempt is overdue: ${detail}`);
        giveUp(new BridgeError("TIMED_OUT", detail), failed({ kind: "timeout", detail }));
      });
    };
    const settle = (outcome: AttemptOutcome): void => {
      if (this.#running.get(lane) === running) this.#running.delete(lane);
      resolve(outcome);
    };
    const worked = startedSafely(() => work(deliveryOf(call, abort.signal), begin));
    void worked.then(
      () => settle(delivered),
      (thrown: unknown) => settle(outcomeOf(thrown)),
    );
    return promise.finally(() => {
      timer?.cancel();
      signal.removeEventListener("abort", onAbort);
    });
  }
}

/** What a function threw, as a failure of the one table. */
function outcomeOf(thrown: unknown): AttemptOutcome {
  if (thrown instanceof NotTaken) return notCalled(thrown.message);
  const status = thrown instanceof PermanentFailure ? refusedStatus : failedStatus;
  return failed({ kind: "status", status, detail: textOf(thrown) });
}

function notCalled(detail: string): AttemptOutcome {
  return failed({ kind: "overload", detail });
}

function failed(failure: Failure): AttemptOutcome {
  return { kind: "failure", failure };
}

function deliveryOf(call: TaskCall, signal: AbortSignal): Delivery {
  const { attempt, deliveryId, event, sequence } = call;
  const { objectId, time } = event;
  return { event: deliveredEvent(event), deliveryId, attempt, sequence, objectId, time, signal };
}

/** Events without a key share one lane of their partition. */
function laneOf({ key, sequence }: TaskCall): string {
  const partition = sequence.slice(0, sequence.lastIndexOf("/"));
  return JSON.stringify([partition, key ?? null]);
}

/** A function that throws before it returns its promise has failed like any other. */
async function startedSafely(work: () => Promise<void>): Promise<void> {
  await work();
}

/** Whatever was thrown, as text of bounded length; never throws. */
function textOf(thrown: unknown): string {
  try {
    return (thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)).slice(0, longestDetail);
  } catch {
    return "it threw what cannot be shown";
  }
}
