/** Runs the tasks of one stage's handlers: the implementation of both stages' ports. */
import type { AfterTasks, AttemptOutcome } from "../after/ports.ts";
import type { AskOutcome, BeforeTasks } from "../before/ports.ts";
import { messageOf } from "../errors.ts";
import { bodyEvent, renderBody } from "../model/body.ts";
import type { Clock } from "../model/clock.ts";
import type { Exchange } from "../model/exchange.ts";
import type { Failure, FailureKind } from "../model/failure.ts";
import type { AfterHandler, BeforeHandler, Handler } from "../model/handler.ts";
import type { Logger } from "../model/logger.ts";
import { maskText } from "../model/mask.ts";
import { secretsOf, type TaskCall } from "../model/task-call.ts";
import { CallTime } from "./call-time.ts";
import { createEgress, type Egress } from "./egress.ts";
import { answeredByScript, answeredOverHttp, exchangeOf } from "./exchange.ts";
import type { CallHeaders } from "./headers.ts";
import { type HttpResult, HttpTasks } from "./http.ts";
import { askedOverHttp, deliveredOverHttp, type OutcomeContext } from "./http-outcome.ts";
import { defaultLimits, type TaskLimits } from "./limits.ts";
import { createLookup, type Resolve } from "./resolver.ts";
import { type Hold, type ScriptResult, ScriptTasks } from "./script.ts";
import { askedByScript, deliveredByScript } from "./script-outcome.ts";
import { createSecrets, type Secrets } from "./secrets.ts";
import { Signer } from "./signature.ts";
import { Slots } from "./slots.ts";

export interface TasksOptions {
  /** EGRESS_ALLOW: CIDRs or addresses of private networks that may be called. */
  readonly egressAllow: readonly string[];
  /** SCRIPTS_DIR; null: no scripts. */
  readonly scriptsDir: string | null;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly secrets?: Secrets;
  readonly limits?: Partial<TaskLimits>;
  /** With it each outcome tells what was sent and what came back, this many bytes of each at most. */
  readonly exchangeBytes?: number;
  /** Told what travels beside each body, just before it does. */
  readonly onHeaders?: (headers: CallHeaders) => void;
  /** How names are resolved; the system's resolver by default. */
  readonly resolve?: Resolve;
}

/** One instance for each stage: instances share no socket. */
export interface Tasks extends BeforeTasks, AfterTasks {
  readonly egress: Egress;
  /** Drops what is kept open for a handler that is gone. */
  forget(handlerId: string): void;
  /** Refuses new calls, waits up to `deadlineMs` for those under way, then ends them. Leaves no socket and no process. */
  close(deadlineMs: number): Promise<void>;
}

/** Tasks without bounds on how many run at once. */
export interface UnguardedTasks extends Tasks {
  ask(...call: [...Parameters<BeforeTasks["ask"]>, hold?: Hold]): Promise<AskOutcome>;
  deliver(...call: [...Parameters<AfterTasks["deliver"]>, hold?: Hold]): Promise<AttemptOutcome>;
}

/**
 * Makes every call it is asked to, at once: `guardTasks` stands before it.
 *
 * @throws BridgeError SETTINGS_INVALID when an entry of `egressAllow` cannot be read.
 */
export function createTasks(options: TasksOptions): UnguardedTasks {
  return new TaskRunner(options);
}

class TaskRunner implements UnguardedTasks {
  readonly egress: Egress;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limits: TaskLimits;
  readonly #http: HttpTasks;
  readonly #scripts: ScriptTasks;
  readonly #exchangeBytes: number | undefined;
  readonly #underWay = new Slots<CallTime>();
  /** Told when the last call under way has ended. */
  #idle: () => void = () => undefined;
  #closed: Promise<void> | undefined;

  constructor(options: TasksOptions) {
    const { clock, logger, scriptsDir, onHeaders } = options;
    const limits = { ...defaultLimits, ...options.limits };
    this.egress = createEgress(options.egressAllow);
    this.#clock = clock;
    this.#logger = logger;
    this.#limits = limits;
    this.#exchangeBytes = options.exchangeBytes;
    const lookup = createLookup(this.egress, options.resolve, clock);
    const signer = new Signer(options.secrets ?? createSecrets());
    this.#http = new HttpTasks({ egress: this.egress, lookup, signer, clock, limits, onHeaders });
    this.#scripts = new ScriptTasks({ scriptsDir, clock, logger, limits, onHeaders });
  }

  ask(handler: BeforeHandler, call: TaskCall, signal: AbortSignal, hold: Hold = noHold): Promise<AskOutcome> {
    return this.#run(handler, call, signal, hold, asking);
  }

  deliver(handler: AfterHandler, call: TaskCall, signal: AbortSignal, hold: Hold = noHold): Promise<AttemptOutcome> {
    return this.#run(handler, call, signal, hold, delivering);
  }

  forget(handlerId: string): void {
    this.#http.forget(handlerId);
    this.#scripts.forget(handlerId);
  }

  close(deadlineMs: number): Promise<void> {
    this.#closed ??= this.#close(deadlineMs);
    return this.#closed;
  }

  async #close(deadlineMs: number): Promise<void> {
    if (this.#underWay.size > 0) {
      const timer = this.#clock.after(deadlineMs, () => {
        for (const time of this.#underWay.all()) time.cancel();
      });
      await new Promise<void>((resolve) => (this.#idle = resolve));
      timer.cancel();
    }
    this.#http.close();
    await this.#scripts.close();
  }

  async #run<Outcome extends object>(
    handler: Handler,
    call: TaskCall,
    signal: AbortSignal,
    hold: Hold,
    means: Meaning<Outcome>,
  ): Promise<(Outcome & { readonly exchange?: Exchange }) | Failed> {
    if (this.#closed !== undefined) return failed("unreachable", "the bridge is stopping");
    const time = new CallTime(this.#clock, call.timeoutMs, signal);
    const place = this.#underWay.add(time);
    try {
      const { task } = handler;
      const body = renderBody(call.event, handler.numbers);
      if (task.kind === "http") {
        const { result, hidden } = await this.#http.call(handler, task, call, body, time);
        const outcome = means.overHttp(result, call, this.#context(call, hidden));
        return this.#told(outcome, call, body, () => answeredOverHttp(result), hidden);
      }
      const context = this.#context(call);
      const result = await this.#scripts.run(handler, task, call, body, context.secrets, time, hold);
      return this.#told(means.byScript(result, call, context), call, body, () => answeredByScript(result));
    } catch (thrown) {
      this.#logger.error(
        { handler: handler.id, delivery: call.deliveryId, error: messageOf(thrown) },
        "internal: a call broke",
      );
      return failed("internal", "a defect of the bridge; see its log");
    } finally {
      time.release();
      this.#underWay.remove(place);
      if (this.#underWay.size === 0) this.#idle();
    }
  }

  #told<Outcome extends object>(
    outcome: Outcome,
    call: TaskCall,
    body: string,
    answered: () => ReturnType<typeof answeredOverHttp>,
    hidden: readonly string[] = [],
  ): Outcome & { readonly exchange?: Exchange } {
    const limit = this.#exchangeBytes;
    return limit === undefined ? outcome : { ...outcome, exchange: exchangeOf(call, body, answered(), limit, hidden) };
  }

  #context(call: TaskCall, hidden: readonly string[] = []): OutcomeContext {
    return {
      secrets: [...secretsOf(call), ...hidden],
      logBytes: this.#limits.logBytes,
      answerBytes: this.#limits.answerBytes,
      timeoutMs: call.timeoutMs,
      nowMs: this.#clock.epochMs(),
    };
  }
}

/** What the end of a call means to the stage that made it. */
interface Meaning<Outcome> {
  readonly overHttp: (result: HttpResult, call: TaskCall, context: OutcomeContext) => Outcome;
  readonly byScript: (result: ScriptResult, call: TaskCall, context: OutcomeContext) => Outcome;
}

const asking: Meaning<AskOutcome> = {
  overHttp: (result, { event }, context) =>
    maskReason(askedOverHttp(result, bodyEvent(event), context), context.secrets),
  byScript: (result, { event }, context) =>
    maskReason(askedByScript(result, bodyEvent(event), context), context.secrets),
};

const delivering: Meaning<AttemptOutcome> = {
  overHttp: (result, _call, context) => deliveredOverHttp(result, context),
  byScript: (result, _call, context) => deliveredByScript(result, context),
};

/** A reason is for people; a handler may have put anything of the event into it. */
function maskReason(outcome: AskOutcome, secrets: readonly string[]): AskOutcome {
  if (outcome.kind === "failure" || outcome.answer.decision === "allow") return outcome;
  const { code, message } = outcome.answer.reason;
  const reason = { code: maskText(code, secrets), message: maskText(message, secrets) };
  return { kind: "answer", answer: { decision: "forbid", reason } };
}

function noHold(): void {
  // nobody counts places
}

interface Failed {
  readonly kind: "failure";
  readonly failure: Failure;
}

function failed(kind: FailureKind, detail: string): Failed {
  return { kind: "failure", failure: { kind, detail } };
}
