import type { Data } from "../model/data.ts";
import { sameValue } from "../model/data.ts";
import type { Failure } from "../model/failure.ts";
import type { BeforeHandler } from "../model/handler.ts";
import type { Change, HandlerOutcome, Reason, Verdict } from "../model/verdict.ts";
import type { Decided, Question } from "./ports.ts";
import type { Step } from "./step.ts";
import { noHandlerVerdict } from "./unasked-verdicts.ts";

/** What a handler's step means for the chain once its failure policy and its mode are applied. */
type Ruling = "absent" | "answered" | "passed-by-policy" | "warned" | "forbidden-by-handler" | "forbidden-by-policy";

interface Entry {
  readonly outcome: HandlerOutcome;
  readonly ruling: Ruling;
}

/** What happened so far in one chain, and the verdict it folds into. */
export class Trail {
  readonly #question: Question;
  /** In chain order, whoever was quicker: two runs with the same answers fold alike. */
  readonly #order: readonly BeforeHandler[];
  readonly #entries = new Map<string, Entry>();
  /** Not asked: their `when` is false. */
  readonly #unmatched = new Set<string>();
  readonly #changes: Change[] = [];
  readonly #warnings = new Map<string, string>();
  readonly #failures: { readonly handler: string; readonly failure: Failure }[] = [];
  #data: Data;
  #encoded: Buffer | null = null;
  #forbidden: { readonly handler: string; readonly reason: Reason } | null = null;

  constructor(question: Question, order: readonly BeforeHandler[]) {
    this.#question = question;
    this.#order = order;
    this.#data = question.event.data;
  }

  /** The data as changed so far. */
  get data(): Data {
    return this.#data;
  }

  get isForbidden(): boolean {
    return this.#forbidden !== null;
  }

  /** Takes in how a handler's turn ended. After the first forbid nothing counts any more. */
  record(handler: BeforeHandler, step: Step, ms: number): void {
    if (step.kind === "no-match") this.#unmatched.add(handler.id);
    if (this.isForbidden || step.kind === "no-match") return;
    if (step.kind === "failure") this.#failures.push({ handler: handler.id, failure: step.failure });
    if (step.kind === "modify") {
      this.#data = step.data;
      this.#encoded = step.encoded;
      this.#changes.push(...step.changes);
    }
    const objection = objectionOf(handler, step);
    if (objection !== undefined && handler.mode === "warn") {
      this.#warnings.set(handler.id, `${handler.id} would have forbidden: ${objection.code}: ${objection.message}`);
    }
    const ruling = rulingOf(handler, step, objection !== undefined);
    if (objection !== undefined && ruling !== "warned") this.#forbidden = { handler: handler.id, reason: objection };
    const outcome = step.kind === "failure" ? step.failure.kind : step.kind;
    this.#entries.set(handler.id, { outcome: { id: handler.id, outcome, ms }, ruling });
  }

  /** A handler that was asked and whose answer is no longer needed. */
  cancel(handler: BeforeHandler, ms: number): void {
    if (this.#entries.has(handler.id) || this.#unmatched.has(handler.id)) return;
    this.#entries.set(handler.id, { outcome: { id: handler.id, outcome: "cancelled", ms }, ruling: "absent" });
  }

  /**
   * Who decided. A forbid: the handler that forbade, or whose failure policy did. An allow, the first of these that holds:
   *   1. the failure policy of at least one handler let it pass: `failure-policy`, and the first such handler;
   *   2. at least one handler answered (a warning counts as an answer): `handler`, named if it was the only one;
   *   3. none matched, or those that did were skipped: `no-handler`.
   */
  fold(): Decided {
    const entries = this.#order.flatMap(({ id }) => this.#entries.get(id) ?? []);
    const base = {
      ...noHandlerVerdict(this.#question),
      handlers: entries.map((entry) => entry.outcome),
      warnings: this.#order.flatMap(({ id }) => this.#warnings.get(id) ?? []),
    };
    if (this.#forbidden !== null) {
      const { handler, reason } = this.#forbidden;
      const byPolicy = this.#entries.get(handler)?.ruling === "forbidden-by-policy";
      const verdict: Verdict = { ...base, decision: "forbid", decidedBy: deciderOf(byPolicy), handler, reason };
      return { verdict, encoded: null, failures: this.#failures };
    }
    const verdict = { ...base, ...this.#whoAllowed(entries) };
    // Changes that later ones took back leave nothing to apply.
    if (sameValue(this.#data, this.#question.event.data)) return { verdict, encoded: null, failures: this.#failures };
    const changed = { ...verdict, data: this.#data, changes: this.#changes };
    return { verdict: changed, encoded: this.#encoded, failures: this.#failures };
  }

  #whoAllowed(entries: readonly Entry[]): Pick<Verdict, "decidedBy" | "handler"> {
    const passed = entries.find((entry) => entry.ruling === "passed-by-policy");
    if (passed !== undefined) return { decidedBy: "failure-policy", handler: passed.outcome.id };
    const answered = entries.filter((entry) => entry.ruling === "answered" || entry.ruling === "warned");
    if (answered.length === 0) return { decidedBy: "no-handler", handler: null };
    return { decidedBy: "handler", handler: answered.length === 1 ? (answered[0]?.outcome.id ?? null) : null };
  }
}

/** Why a handler's turn forbids, by its answer or by its failure policy; undefined when it does not. */
function objectionOf(handler: BeforeHandler, step: Step): Reason | undefined {
  if (step.kind === "forbid") return step.reason;
  if (step.kind !== "failure") return undefined;
  const { kind, detail } = step.failure;
  const policy = handler.onFailure.byKind[kind] ?? handler.onFailure.default;
  return policy === "forbid" ? { code: kind, message: `${handler.id}: ${detail}` } : undefined;
}

function rulingOf(handler: BeforeHandler, step: Step, objects: boolean): Ruling {
  if (objects && handler.mode === "warn") return "warned";
  if (step.kind === "failure") return objects ? "forbidden-by-policy" : "passed-by-policy";
  if (step.kind === "forbid") return "forbidden-by-handler";
  return step.kind === "skipped" || step.kind === "no-match" ? "absent" : "answered";
}

function deciderOf(byPolicy: boolean): Verdict["decidedBy"] {
  return byPolicy ? "failure-policy" : "handler";
}
