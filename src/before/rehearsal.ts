import type { Clock, Timer } from "../model/clock.ts";
import type { BridgeEvent } from "../model/event.ts";
import type { FailureKind } from "../model/failure.ts";
import type { BeforeHandler } from "../model/handler.ts";
import type { Recode } from "../model/reading.ts";
import type { Verdict } from "../model/verdict.ts";
import { decide } from "./chain.ts";
import type { BeforeTasks } from "./ports.ts";

/** What is played through: an event, and who fails how. Everybody else allows without changing anything. */
export interface Play {
  readonly event: BridgeEvent;
  readonly recode: Recode;
  readonly handlers: readonly BeforeHandler[];
  /** Milliseconds from receipt within which the verdict must be folded: the bridge's share of the deadline. */
  readonly shareMs: number;
  readonly client: string;
  readonly down: ReadonlySet<string>;
  /** A failure that a task can meet. `timeout` takes all the time the handler gets, the others none. */
  readonly kind: FailureKind;
}

export interface Rehearsed {
  readonly verdict: Verdict;
  /** Simulated milliseconds until the verdict. */
  readonly ms: number;
}

/**
 * The verdict of the real chain on pretended tasks and a clock that needs no time: what is foretold cannot differ from
 * what would be decided. Calls nothing and waits for nothing.
 */
export async function rehearse({ event, recode, handlers, shareMs, client, down, kind }: Play): Promise<Rehearsed> {
  const clock = new RehearsalClock();
  const tasks: BeforeTasks = {
    ask: ({ id }) => {
      if (!down.has(id)) return Promise.resolve({ kind: "answer", answer: { decision: "allow", patch: null } });
      if (kind === "timeout") return new Promise(() => undefined);
      return Promise.resolve({ kind: "failure", failure: { kind, detail: "rehearsed" } });
    },
  };
  const identity = { operationId: "rehearsal", attempt: 1, baseVersion: null, dataHash: "" };
  const question = { ...identity, event, recode, sequence: "rehearsal/0/0", client, decideByMs: shareMs };
  const { verdict } = await decide(question, handlers, { tasks, clock });
  return { verdict, ms: clock.monotonicMs() };
}

interface Waiting {
  readonly atMs: number;
  readonly then: () => void;
}

/** Jumps to the next timer as soon as nothing else is left to do. */
class RehearsalClock implements Clock {
  #nowMs = 0;
  readonly #waiting = new Set<Waiting>();

  monotonicMs(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return this.#nowMs;
  }

  after(ms: number, then: () => void): Timer {
    const waiting = { atMs: this.#nowMs + Math.max(0, ms), then };
    this.#waiting.add(waiting);
    // An immediate runs once every promise that is settled has been followed up.
    setImmediate(() => this.#jump());
    return { cancel: () => void this.#waiting.delete(waiting) };
  }

  #jump(): void {
    let next: Waiting | undefined;
    for (const waiting of this.#waiting) if (next === undefined || waiting.atMs < next.atMs) next = waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.then();
  }
}
