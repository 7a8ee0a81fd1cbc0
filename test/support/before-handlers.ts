import type { AskOutcome, BeforeTasks, Question } from "../../src/before/ports.ts";
import { type Json, JsonNumber, type JsonObject } from "../../src/model/answer.ts";
import type { Condition } from "../../src/model/condition.ts";
import type { Data } from "../../src/model/data.ts";
import type { BeforeHandler } from "../../src/model/handler.ts";
import type { TaskCall } from "../../src/model/task-call.ts";
import type { FakeClock } from "./fake-clock.ts";
import { eventOf, faithfulRecode } from "./shapes.ts";

/** A validator that fails closed, unless told otherwise. */
export function beforeHandler(id: string, options: Partial<BeforeHandler> = {}): BeforeHandler {
  return {
    stage: "before",
    id,
    name: id,
    events: ["clients.update"],
    condition: null,
    task: { kind: "http", url: "http://handler.invalid/", secretRefs: [] },
    status: "enabled",
    priority: 100,
    timeoutMs: 300,
    numbers: "string",
    mayChange: [],
    onFailure: { default: "forbid", byKind: {} },
    mode: "enforce",
    bestEffort: false,
    ...options,
  };
}

export function mutator(id: string, options: Partial<BeforeHandler> = {}): BeforeHandler {
  return beforeHandler(id, { mayChange: [{ field: "name", rule: "any" }], ...options });
}

export function question(
  clock: FakeClock,
  options: Partial<Question> & { data?: Data; budgetMs?: number } = {},
): Question {
  const { data, budgetMs, ...rest } = options;
  return {
    event: eventOf(data ?? { id: 12, name: "Acme", credit: "100" }),
    recode: faithfulRecode,
    operationId: "op-1",
    attempt: 1,
    baseVersion: "7",
    dataHash: "ab".repeat(32),
    sequence: "billing.clients.before/0/42",
    client: "12",
    decideByMs: clock.monotonicMs() + (budgetMs ?? 1100),
    ...rest,
  };
}

export const allow: AskOutcome = { kind: "answer", answer: { decision: "allow", patch: null } };

export function patch(data: Readonly<Record<string, unknown>>): AskOutcome {
  return { kind: "answer", answer: { decision: "allow", patch: json(data) as JsonObject } };
}

export function forbid(code: string, message = "no"): AskOutcome {
  return { kind: "answer", answer: { decision: "forbid", reason: { code, message } } };
}

/** Plain JavaScript as parsed JSON: numbers become their source text. */
export function json(value: unknown): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return new JsonNumber(value.toString());
  if (value instanceof JsonNumber) return value;
  if (Array.isArray(value)) return value.map(json);
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, json(item)]));
}

export interface Asked {
  readonly id: string;
  readonly call: TaskCall;
  readonly signal: AbortSignal;
  settled: boolean;
}

type Behaviour = (call: TaskCall, signal: AbortSignal) => Promise<AskOutcome>;

/** Tasks whose behaviour is given by handler id; every call is kept. */
export class FakeTasks implements BeforeTasks {
  readonly asked: Asked[] = [];
  readonly #behaviours: Readonly<Record<string, Behaviour | AskOutcome>>;

  constructor(behaviours: Readonly<Record<string, Behaviour | AskOutcome>> = {}) {
    this.#behaviours = behaviours;
  }

  ask(handler: BeforeHandler, call: TaskCall, signal: AbortSignal): Promise<AskOutcome> {
    const asked: Asked = { id: handler.id, call, signal, settled: false };
    this.asked.push(asked);
    const behaviour = this.#behaviours[handler.id] ?? allow;
    const outcome = typeof behaviour === "function" ? behaviour(call, signal) : Promise.resolve(behaviour);
    return outcome.finally(() => {
      asked.settled = true;
    });
  }
}

export const never: Behaviour = () => new Promise(() => undefined);

export function later(clock: FakeClock, ms: number, outcome: AskOutcome): Behaviour {
  return () => new Promise((resolve) => void clock.after(ms, () => resolve(outcome)));
}

export function conditionThat(evaluate: Condition["evaluate"]): Condition {
  return { source: "test", evaluate };
}
