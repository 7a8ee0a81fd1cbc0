import { reserveMs } from "../model/budget.ts";
import type { Clock, Timer } from "../model/clock.ts";
import { type Data, sameValue } from "../model/data.ts";
import { type BeforeHandler, byPriority } from "../model/handler.ts";
import { ruleFor } from "../model/may-change.ts";
import type { RecordShape } from "../model/record-shape.ts";
import type { Verdict } from "../model/verdict.ts";
import { decidesFor, isShadowOfSome } from "./canary.ts";
import { decide } from "./chain.ts";
import type { BeforeTasks, Decided, Question, ShadowEnd, ShadowObserver } from "./ports.ts";

export interface ShadowPorts {
  /** Of their own: shadows share no place and no socket with the handlers that decide. */
  readonly tasks: BeforeTasks;
  readonly clock: Clock;
  readonly observer: ShadowObserver;
}

/** Most that are under way at once; past it one is skipped and counted. */
const mostInFlight = 256;

/**
 * Asks handlers in mode `shadow`, and canaries about the clients they do not decide for, what they would have decided,
 * once the verdict that counts is known, and compares. Nobody waits for it: not the verdict, not its reply, not a drain.
 *
 * A shadow is asked as if it were the only handler, with all of its own time: a mutator about the data as the core sent
 * it, a validator about the data as the verdict left it. Whether it agrees:
 *   decision   always
 *   fields     where both allow, of a mutator: each one that it changed, and each one the verdict changed that it may change
 * A failure is no verdict: it is reported as such, whatever its `onFailure` would have made of it.
 */
export class Shadows {
  readonly #handlers: readonly BeforeHandler[];
  readonly #ports: ShadowPorts;
  readonly #most: number;
  #due: { readonly handler: BeforeHandler; readonly question: Question; readonly enforced: Verdict }[] = [];
  #timer: Timer | null = null;
  #inFlight = 0;
  #closed = false;

  constructor(handlers: readonly BeforeHandler[], ports: ShadowPorts, most: number = mostInFlight) {
    this.#handlers = watching(handlers);
    this.#ports = ports;
    this.#most = most;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Returns at once. The shadows start when the event loop comes round, so that the reply goes first. `handlers`: those
   * that watched when the question came, as `watching` gives them.
   */
  follow(question: Question, { verdict }: Decided, handlers: readonly BeforeHandler[] = this.#handlers): void {
    for (const handler of handlers) {
      if (this.#closed || !handler.events.includes(question.event.id)) continue;
      if (decidesFor(handler, question.client)) continue;
      if (this.#inFlight >= this.#most) {
        this.#report(handler, question, verdict, { kind: "skipped" });
        continue;
      }
      this.#inFlight++;
      this.#due.push({ handler, question, enforced: verdict });
      this.#timer ??= this.#ports.clock.after(0, () => this.#start());
    }
  }

  /** Starts no more and reports no more; what is under way ends with its tasks. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#inFlight -= this.#due.length;
    this.#due = [];
  }

  #start(): void {
    this.#timer = null;
    const due = this.#due;
    this.#due = [];
    for (const { handler, question, enforced } of due) {
      void this.#ask(handler, question, enforced).finally(() => this.#inFlight--);
    }
  }

  async #ask(handler: BeforeHandler, question: Question, enforced: Verdict): Promise<void> {
    const { clock, tasks } = this.#ports;
    const isMutator = handler.mayChange.length > 0;
    const sent = question.event.data;
    const data = isMutator ? sent : (enforced.data ?? sent);
    const decideByMs = clock.monotonicMs() + handler.timeoutMs + reserveMs(1);
    const asked: Question = { ...question, event: { ...question.event, data }, asSent: sent, decideByMs };
    const { verdict, failures } = await decide(asked, [{ ...handler, mode: "enforce", canary: 100 }], { tasks, clock });
    const [own] = verdict.handlers;
    // Its `when` did not match: as if it were not there.
    if (own === undefined || this.#closed) return;
    const failure = failures[0]?.failure;
    const { outcome, ms } = own;
    if (failure !== undefined) {
      this.#report(handler, question, enforced, { kind: "failed", outcome, ms, failure });
      return;
    }
    const { decision, reason } = verdict;
    const bothAllow = decision === "allow" && enforced.decision === "allow";
    const { shape } = question.event;
    const fields =
      isMutator && bothAllow ? compareFields(handler, shape, sent, enforced.data ?? sent, verdict.data ?? sent) : [];
    this.#report(handler, question, enforced, { kind: "compared", outcome, ms, decision, reason, fields });
  }

  #report(handler: BeforeHandler, { event, operationId, sequence }: Question, enforced: Verdict, end: ShadowEnd): void {
    const { decision } = enforced;
    this.#ports.observer({ handler: handler.id, eventId: event.id, operationId, sequence, enforced: decision, end });
  }
}

/** Those of the handlers that watch some or all clients, in their order. */
export function watching(handlers: readonly BeforeHandler[]): readonly BeforeHandler[] {
  return handlers.filter((handler) => isShadowOfSome(handler) && handler.status === "enabled").sort(byPriority);
}

function compareFields(
  handler: BeforeHandler,
  shape: RecordShape,
  sent: Data,
  enforced: Data,
  own: Data,
): readonly { readonly field: string; readonly agrees: boolean }[] {
  return shape.fields.flatMap((field) => {
    const { name } = field;
    const isChanged =
      !same(sent, own, name) || (!same(sent, enforced, name) && ruleFor(field, handler.mayChange) !== undefined);
    return isChanged ? [{ field: name, agrees: same(enforced, own, name) }] : [];
  });
}

/** Absent is not null. */
function same(left: Data, right: Data, field: string): boolean {
  const [from, to] = [left[field], right[field]];
  return from === undefined || to === undefined ? from === to : sameValue(from, to);
}
