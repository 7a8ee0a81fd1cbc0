import { randomUUID } from "node:crypto";
import { takeStep } from "../before/step.ts";
import type { Settings } from "../config/settings.ts";
import type { Clock } from "../model/clock.ts";
import { dispositionOf } from "../model/disposition.ts";
import type { Exchange } from "../model/exchange.ts";
import type { AfterHandler, BeforeHandler, Handler } from "../model/handler.ts";
import type { Logger } from "../model/logger.ts";
import { maskText, secretValues } from "../model/mask.ts";
import type { TaskCall } from "../model/task-call.ts";
import type { Change } from "../model/verdict.ts";
import { createTasks, type TasksOptions } from "../tasks/runner.ts";
import type { ExampleEvent } from "./example-event.ts";

export interface TestCallParts {
  readonly settings: Pick<Settings, "handlers">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For tests; the environment's and files' by default. */
  readonly secrets?: TasksOptions["secrets"];
}

/** What a handler was sent, what it answered, and what a bridge would make of it. */
export interface TestCallResult {
  /** Masked and bounded; null: it was not called. */
  readonly request: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: string | null;
  /** HTTP status or exit code. */
  readonly status: number | null;
  /** `allow`, `forbid`, `delivered`, `no-match` (its `when` is false), or the failure's kind. */
  readonly outcome: string;
  readonly detail: string | null;
  /** What the answer would change, having passed all that changes must pass. */
  readonly changes: readonly Change[];
  readonly ms: number;
}

/** Of a body, enough for any sample. */
const exchangeBytes = 64 * 1024;
/** For what a script leaves behind. */
const closeMs = 1000;

/**
 * Calls a handler once about an event that never was, or was long ago. Egress, secrets, signature, scripts folder and time
 * are those of a real call; the answer is read, judged and held against `mayChange` as a real one. Nothing is applied,
 * nobody is told, and no breaker, rate limit or place of the running stages sees it: its sockets and processes are its own
 * and gone afterwards. The handler sees `bridge-test`.
 */
export async function testCall(
  { settings, clock, logger, secrets }: TestCallParts,
  handler: Handler,
  example: ExampleEvent,
): Promise<TestCallResult> {
  const { egressAllow, scriptsDir } = settings.handlers;
  let headers: Readonly<Record<string, string>> = {};
  let exchange: Exchange | undefined;
  const tasks = createTasks({
    ...{ egressAllow, scriptsDir, clock, logger, exchangeBytes },
    ...(secrets === undefined ? {} : { secrets }),
    onHeaders: (sent) => {
      headers = sent;
    },
  });
  const startMs = clock.monotonicMs();
  const keeping = <T extends { readonly exchange?: Exchange }>(outcome: T): T => {
    ({ exchange } = outcome);
    return outcome;
  };
  const ask = (asked: BeforeHandler): Promise<Outcome> =>
    askOnce(asked, example, clock, async (one, call, signal) => keeping(await tasks.ask(one, asTest(call), signal)));
  const deliver = (told: AfterHandler): Promise<Outcome> =>
    deliverOnce(told, example, async (call, signal) => keeping(await tasks.deliver(told, call, signal)));
  try {
    const outcome = await (handler.stage === "before" ? ask(handler) : deliver(handler));
    const ms = Math.round((clock.monotonicMs() - startMs) * 10) / 10;
    const masks = secretValues(example.event.data, example.event.shape);
    return {
      request: exchange?.sent ?? null,
      headers: shownHeaders(headers, masks),
      answer: exchange?.answered ?? null,
      status: exchange?.status ?? null,
      ...outcome,
      detail: outcome.detail === null ? null : maskText(outcome.detail, masks),
      ms,
    };
  } finally {
    await tasks.close(closeMs);
  }
}

type Outcome = Pick<TestCallResult, "outcome" | "detail" | "changes">;
type Tasks = ReturnType<typeof createTasks>;

async function askOnce(
  handler: BeforeHandler,
  { event, recode, key }: ExampleEvent,
  clock: Clock,
  ask: Tasks["ask"],
): Promise<Outcome> {
  const operationId = `test-${randomUUID()}`;
  const question = {
    ...{ event, recode, operationId, attempt: 1, baseVersion: null, dataHash: "", sequence },
    client: key ?? operationId,
    decideByMs: clock.monotonicMs() + handler.timeoutMs,
  };
  // All of its own time: of a request's there is none.
  const step = await takeStep(handler, question, event.data, handler.timeoutMs, { tasks: { ask }, clock }, never);
  switch (step.kind) {
    case "no-match":
      return noMatch;
    case "skipped":
      return { outcome: "no-budget", detail: "its time is too short to call it", changes: [] };
    case "allow":
      return { outcome: "allow", detail: null, changes: [] };
    case "modify":
      return { outcome: "allow", detail: null, changes: step.changes };
    case "forbid":
      return { outcome: "forbid", detail: `${step.reason.code}: ${step.reason.message}`, changes: [] };
    case "failure": {
      const { kind, detail } = step.failure;
      const decides = handler.onFailure.byKind[kind] ?? handler.onFailure.default;
      return { outcome: kind, detail: `${detail} (its onFailure would ${decides})`, changes: [] };
    }
  }
}

async function deliverOnce(
  handler: AfterHandler,
  { event, key }: ExampleEvent,
  deliver: (call: TaskCall, signal: AbortSignal) => ReturnType<Tasks["deliver"]>,
): Promise<Outcome> {
  const condition = handler.condition?.evaluate(event) ?? { kind: "match" };
  if (condition.kind === "no-match") return noMatch;
  if (condition.kind === "error")
    return { outcome: "condition", detail: `${condition.detail} (a dead letter)`, changes: [] };
  const call: TaskCall = {
    ...{ event, key, deliveryId: `test_${randomUUID()}`, attempt: 1, sequence, timeoutMs: handler.timeoutMs },
  };
  const outcome = await deliver(asTest(call), never);
  if (outcome.kind === "delivered") return { outcome: "delivered", detail: null, changes: [] };
  const disposition = dispositionOf(outcome.failure);
  const would = disposition.kind === "retry" ? "it would be tried again" : "it would become a dead letter";
  return { outcome: outcome.failure.kind, detail: `${outcome.failure.detail} (${would})`, changes: [] };
}

const noMatch: Outcome = {
  outcome: "no-match",
  detail: "its `when` is false on this data: an event like this one does not reach it, and it was not called",
  changes: [],
};
/** No record of any topic. */
const sequence = "test/0/0";
const never = new AbortController().signal;

function asTest(call: TaskCall): TaskCall {
  return { ...call, isTest: true };
}

/** A signature proves who sent a body: shown, it would let others send it. */
function shownHeaders(headers: Readonly<Record<string, string>>, masks: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      name === "webhook-signature" ? "***" : maskText(value, masks),
    ]),
  );
}
