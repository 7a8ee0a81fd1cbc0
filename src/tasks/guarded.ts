/** A breaker, a bulkhead and a rate limit of its own for each handler, in front of the tasks of one pool (docs/handlers.md). */
import type { AttemptOutcome } from "../after/ports.ts";
import type { AskOutcome } from "../before/ports.ts";
import { minCallMs } from "../model/budget.ts";
import type { Failure } from "../model/failure.ts";
import type { AfterHandler, BeforeHandler, Handler } from "../model/handler.ts";
import type { BreakerStanding } from "../model/instance-status.ts";
import type { Occupancy } from "../model/occupancy.ts";
import type { TaskCall } from "../model/task-call.ts";
import type { CallEnd, Pass } from "./breaker.ts";
import type { Bulkhead, Entry } from "./bulkhead.ts";
import { CallTime } from "./call-time.ts";
import { countsAs } from "./counts-as.ts";
import type { Egress } from "./egress.ts";
import { Guards, type GuardsOptions } from "./guards.ts";
import type { RateLine, Turn } from "./rate-line.ts";
import type { Tasks, UnguardedTasks } from "./runner.ts";
import type { Hold } from "./script.ts";

export interface GuardedOptions extends GuardsOptions {
  readonly tasks: UnguardedTasks;
}

export interface GuardedTasks extends Tasks {
  /** This moment of every handler, also of those that were never called. */
  occupancy(): readonly Occupancy[];
  /** These are the pool's handlers from now on. What is kept of those that are gone is dropped; their calls under way end as they would. */
  use(handlers: readonly Handler[]): void;
  /** Those that are not closed. */
  breakers(): readonly BreakerStanding[];
}

interface Failed {
  readonly kind: "failure";
  readonly failure: Failure;
}

/**
 *   call ── breaker open ──► breaker-open, at once
 *        ── no place free ── queue full ──► overload, at once
 *                         ── waits within its own time ── none came free ──► overload
 *        ── past its rate ── after ──► overload, at once, with the time to come again
 *                         ── before ── waits within its own time ── no turn in it ──► overload, at once
 *        ── place, turn and breaker ──► the task, with the time that is left
 *
 * A call keeps its place until nothing of it is left: a script's until its process is gone. After the event nobody waits
 * here for a turn: a delivery that waits in its lane takes nothing from other keys and other handlers.
 */
export function guardTasks(options: GuardedOptions): GuardedTasks {
  return new Guarded(options);
}

class Guarded implements GuardedTasks {
  readonly #options: GuardedOptions;
  readonly #guards: Guards;
  readonly #waiting = new Set<CallTime>();
  #closed: Promise<void> | undefined;

  constructor(options: GuardedOptions) {
    this.#options = options;
    this.#guards = new Guards(options);
  }

  use(handlers: readonly Handler[]): void {
    for (const id of this.#guards.use(handlers)) this.#options.tasks.forget(id);
  }

  occupancy(): readonly Occupancy[] {
    return this.#guards.occupancy();
  }

  breakers(): readonly BreakerStanding[] {
    return this.#guards.breakers();
  }

  get egress(): Egress {
    return this.#options.tasks.egress;
  }

  ask(handler: BeforeHandler, call: TaskCall, signal: AbortSignal): Promise<AskOutcome> {
    return this.#call(handler, call, signal, (within, hold) => this.#options.tasks.ask(handler, within, signal, hold));
  }

  deliver(handler: AfterHandler, call: TaskCall, signal: AbortSignal): Promise<AttemptOutcome> {
    return this.#call(handler, call, signal, (within, hold) =>
      this.#options.tasks.deliver(handler, within, signal, hold),
    );
  }

  forget(handlerId: string): void {
    this.#guards.drop(handlerId);
    this.#options.tasks.forget(handlerId);
  }

  close(deadlineMs: number): Promise<void> {
    this.#closed ??= this.#options.tasks.close(deadlineMs).then(() => {
      for (const time of this.#waiting) time.cancel();
    });
    return this.#closed;
  }

  async #call<Outcome extends AskOutcome | AttemptOutcome>(
    handler: Handler,
    call: TaskCall,
    signal: AbortSignal,
    make: (call: TaskCall, hold: Hold) => Promise<Outcome>,
  ): Promise<Outcome | Failed> {
    const guard = this.#guards.of(handler);
    const { breaker, bulkhead, line } = guard;
    const key = call.key ?? "";
    let entry: Entry | null = null;
    let pass: Pass | null = null;
    let gone = null as Promise<unknown> | null;
    guard.calls++;
    try {
      // Asked before the queue, so that an open breaker costs nothing; and again after it, as it may have opened since.
      const refused = breaker.refusal(key);
      if (refused !== null) return breakerOpen(refused.retryAfterMs);
      const startMs = this.#options.clock.monotonicMs();
      entry = bulkhead.tryEnter() ?? (await this.#wait(bulkhead, call, signal));
      if (entry.kind === "full") return overload("as many calls of this handler wait as may wait");
      if (entry.kind === "over") return overload("no place came free in the call's own time");
      const turn = line === null ? unlimited : await this.#turn(line, call, this.#leftMs(call, startMs), signal);
      if (turn.kind === "later") return overload("its rate limit leaves it no turn now", turn.waitMs);
      pass = breaker.pass(key);
      if (pass.kind === "refused") {
        turn.giveBack();
        return breakerOpen(pass.retryAfterMs);
      }
      const leftMs = this.#leftMs(call, startMs);
      const within = leftMs === call.timeoutMs ? call : { ...call, timeoutMs: Math.max(minCallMs, leftMs) };
      const outcome = await make(within, (until) => {
        gone = until;
      });
      if (this.#count(pass, outcome, signal) === "success") guard.slowStart.succeeded();
      return outcome;
    } finally {
      if (pass?.kind === "passed") pass.end("nothing");
      if (entry?.kind === "entered") {
        if (gone === null) entry.leave();
        else void gone.then(entry.leave, entry.leave);
      }
      if (--guard.calls === 0 && this.#guards.idle(handler.id, guard)) this.#options.tasks.forget(handler.id);
    }
  }

  /** Of the call's time, when so much of it has been waited. */
  #leftMs({ timeoutMs }: TaskCall, startMs: number): number {
    return timeoutMs - Math.floor(this.#options.clock.monotonicMs() - startMs);
  }

  /** Leaves enough of the call's time to make it: a place that comes at the very end is of no use. */
  async #wait(bulkhead: Bulkhead, call: TaskCall, signal: AbortSignal): Promise<Entry> {
    const time = new CallTime(this.#options.clock, call.timeoutMs - minCallMs, signal);
    this.#waiting.add(time);
    try {
      return await bulkhead.enter(time);
    } finally {
      time.release();
      this.#waiting.delete(time);
    }
  }

  /** A turn of the rate limit. Only before the event it is waited for: there nobody comes again. */
  async #turn(line: RateLine, call: TaskCall, leftMs: number, signal: AbortSignal): Promise<Turn> {
    const first = line.take(call.deliveryId);
    if (first.kind === "granted" || this.#options.pool === "after") return first;
    const time = new CallTime(this.#options.clock, leftMs - minCallMs, signal);
    this.#waiting.add(time);
    try {
      let turn: Turn = first;
      while (turn.kind === "later" && turn.waitMs <= time.remainingMs()) {
        await time.pause(turn.waitMs);
        if (time.over !== undefined) break;
        turn = line.take(call.deliveryId);
      }
      if (turn.kind === "later") line.leave(call.deliveryId);
      return turn;
    } finally {
      time.release();
      this.#waiting.delete(time);
    }
  }

  #count(
    pass: Pass & { readonly kind: "passed" },
    outcome: { readonly kind: string } | Failed,
    signal: AbortSignal,
  ): CallEnd {
    // Calls cut short by our own stop say nothing about the handler.
    if (this.#closed !== undefined) return "nothing";
    const how = "failure" in outcome ? countsAs(outcome.failure, signal) : "success";
    pass.end(how);
    return how;
  }
}

function breakerOpen(retryAfterMs: number): Failed {
  const detail = "not called: its breaker is open";
  return { kind: "failure", failure: { kind: "breaker-open", detail, retryAfterMs: Math.ceil(retryAfterMs) } };
}

const unlimited: Turn = { kind: "granted", giveBack: () => undefined };

function overload(detail: string, retryAfterMs?: number): Failed {
  const more = retryAfterMs === undefined ? {} : { retryAfterMs };
  return { kind: "failure", failure: { kind: "overload", detail, ...more } };
}
