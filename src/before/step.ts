import { hash } from "node:crypto";
import type { Clock } from "../model/clock.ts";
import type { Data } from "../model/data.ts";
import type { Failure } from "../model/failure.ts";
import type { BeforeHandler } from "../model/handler.ts";
import type { TaskCall } from "../model/task-call.ts";
import type { Reason } from "../model/verdict.ts";
import { askWithin } from "./ask-within.ts";
import { callTimeout } from "./budget.ts";
import { type Judgement, judgeChanges } from "./changes.ts";
import type { BeforeTasks, Question } from "./ports.ts";

export interface ChainPorts {
  readonly tasks: BeforeTasks;
  readonly clock: Clock;
}

/** What one handler contributes, before its failure policy and its mode are applied. */
export type Step =
  /** Its `when` is false, or names a field the event does not carry: as if the handler were not there. */
  | { readonly kind: "no-match" }
  /** Best effort, and too little time is left. */
  | { readonly kind: "skipped" }
  | { readonly kind: "allow" }
  | ({ readonly kind: "modify" } & Omit<Extract<Judgement, { kind: "changed" }>, "kind">)
  | { readonly kind: "forbid"; readonly reason: Reason }
  | { readonly kind: "failure"; readonly failure: Failure };

/** Asks one handler about the data as it stands. Never rejects; ends within `availableMs`, or at once when cancelled. */
export async function takeStep(
  handler: BeforeHandler,
  question: Question,
  data: Data,
  availableMs: number,
  ports: ChainPorts,
  cancelled: AbortSignal,
): Promise<Step> {
  try {
    const event = { ...question.event, data };
    const condition = handler.condition?.evaluate(event) ?? { kind: "match" };
    if (condition.kind === "no-match") return condition;
    if (condition.kind === "error") return failed("condition", condition.detail);
    const timeoutMs = callTimeout(handler.timeoutMs, availableMs);
    if (timeoutMs === undefined) {
      return handler.bestEffort ? { kind: "skipped" } : failed("no-budget", "too little of the request's time is left");
    }
    const asSent = question.asSent ?? question.event.data;
    const call: TaskCall = {
      event,
      operationId: question.operationId,
      client: question.client,
      ...(data === asSent ? {} : { asSent }),
      deliveryId: deliveryIdOf(question, handler),
      attempt: question.attempt,
      sequence: question.sequence,
      timeoutMs,
    };
    const outcome = await askWithin(ports.tasks, ports.clock, handler, call, cancelled);
    if (outcome.kind === "failure") return outcome;
    if (outcome.answer.decision === "forbid") return { kind: "forbid", reason: outcome.answer.reason };
    const subject = { shape: event.shape, data, recode: question.recode };
    const judgement = judgeChanges(handler, subject, outcome.answer.patch);
    if (judgement.kind === "unchanged") return { kind: "allow" };
    return judgement.kind === "changed" ? { ...judgement, kind: "modify" } : judgement;
  } catch {
    // A defect, in a port or here, must cost this handler's answer and never the reply.
    return failed("internal", "a defect of the bridge: the answer could not be used");
  }
}

function failed(kind: "condition" | "no-budget" | "internal", detail: string): Step {
  return { kind: "failure", failure: { kind, detail } };
}

/**
 * The same for every attempt at the same question by the same handler, and a different one for each handler: two behind
 * one address must not take the other's call for a repetition. Hashed, as an operation id may hold any character.
 */
function deliveryIdOf(question: Question, handler: BeforeHandler): string {
  const identity = JSON.stringify([question.operationId, question.attempt, handler.id]);
  return `ask_${hash("sha256", identity).slice(0, 32)}`;
}
