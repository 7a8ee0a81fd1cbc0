import { randomUUID } from "node:crypto";
import type { AttemptReport } from "../after/ports.ts";
import type { AskOutcome } from "../before/ports.ts";
import type { Exchange } from "../model/exchange.ts";
import type { Execution } from "../model/execution.ts";
import type { BeforeHandler } from "../model/handler.ts";
import { maskText } from "../model/mask.ts";
import { secretsOf, type TaskCall } from "../model/task-call.ts";

/** One question to a handler, ended. */
export interface AskReport {
  readonly handler: BeforeHandler;
  readonly call: TaskCall;
  readonly outcome: AskOutcome;
  readonly ms: number;
  /** The call was ended because nobody needed its answer any more. */
  readonly isCancelled: boolean;
}

const maxKeyLength = 200;
const maxDetailLength = 1000;

/** The entry of the execution log about a question. The bodies come masked (model/exchange.ts), the rest is masked here. */
export function askedExecution(instanceId: string, nowMs: number, report: AskReport): Execution {
  const { call, handler, ms, outcome, isCancelled } = report;
  const failure = outcome.kind === "failure" ? outcome.failure : null;
  return {
    ...common(instanceId, nowMs - ms, call, outcome.exchange),
    stage: "before",
    handler: handler.id,
    group: null,
    outcome: outcome.kind === "answer" ? outcome.answer.decision : isCancelled ? "cancelled" : outcome.failure.kind,
    ms,
    status: outcome.exchange?.status ?? failure?.status ?? failure?.exit ?? null,
    detail: masked(failure?.detail ?? reasonOf(outcome), call),
    disposition: null,
    retryInMs: null,
    delayMs: null,
  };
}

/** The entry about one attempt of a delivery. */
export function attemptedExecution(instanceId: string, nowMs: number, report: AttemptReport): Execution {
  const { call, delayMs, disposition, group, handler, ms, outcome, retryInMs } = report;
  const failure = outcome.kind === "failure" ? outcome.failure : null;
  return {
    ...common(instanceId, nowMs - ms, call, outcome.exchange),
    stage: "after",
    handler: handler.id,
    group,
    outcome: failure?.kind ?? "delivered",
    ms,
    status: outcome.kind === "delivered" ? outcome.status : (failure?.status ?? failure?.exit ?? null),
    detail: masked(failure === null ? null : `${failure.detail} (${disposition.why})`, call),
    disposition: disposition.kind,
    retryInMs,
    delayMs,
  };
}

function common(instanceId: string, atMs: number, call: TaskCall, exchange: Exchange | undefined) {
  const { attempt, client, deliveryId, event, key, operationId, sequence } = call;
  const clientKey = client ?? key ?? null;
  return {
    id: executionId(atMs),
    atMs,
    instanceId,
    eventId: event.id,
    objectId: event.objectId,
    clientKey: clientKey === null ? null : readable(clientKey),
    operationId: operationId ?? null,
    deliveryId,
    attempt,
    sequence,
    sent: exchange?.sent ?? null,
    sentCut: exchange?.sentCut ?? false,
    answered: exchange?.answered ?? null,
    answeredCut: exchange?.answeredCut ?? false,
  };
}

/** Both keys are bytes as Latin-1, so that nothing is lost; people write UTF-8. */
function readable(key: string): string {
  const text = isAscii.test(key) ? key : Buffer.from(key, "latin1").toString();
  return text.slice(0, maxKeyLength);
}

const isAscii = /^[\u0020-\u007e]*$/;

/**
 * A UUID of version 7 (RFC 9562, 6.2, method 1): entries of one instance sort by their time. Its end is random and kept for as
 * many entries as the counter before it tells apart.
 */
function executionId(atMs: number): string {
  const time = Math.max(0, Math.floor(atMs)).toString(16).padStart(12, "0").slice(-12);
  counter = (counter + 1) % 4096;
  if (counter === 0) tail = randomUUID().slice(19);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, "0")}-${tail}`;
}

let counter = 4095;
let tail = "";

function reasonOf(outcome: AskOutcome): string | null {
  if (outcome.kind === "failure" || outcome.answer.decision === "allow") return null;
  const { code, message } = outcome.answer.reason;
  return message === "" ? code : `${code}: ${message}`;
}

function masked(text: string | null, call: TaskCall): string | null {
  return text === null ? null : maskText(text, secretsOf(call)).slice(0, maxDetailLength);
}
