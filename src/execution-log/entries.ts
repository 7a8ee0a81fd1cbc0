import type { DecisionDetail, DecisionRow, ExecutionDetail, ExecutionRow } from "../admin/contract/executions.ts";
import type { StoredDecision } from "../kafka/records/decision-codec.ts";
import type { StoredExecution } from "../kafka/records/execution-codec.ts";
import type { TopicPartition } from "../model/record.ts";
import type { Entry } from "./entry.ts";

/** Records of the two topics as entries of the index. */

const longestSaid = 200;
const successes = new Set(["allow", "forbid", "delivered", "cancelled"]);

/** A call fails when a usable answer was needed and did not come. */
export function statusOf(outcome: string): "success" | "fail" {
  return successes.has(outcome) ? "success" : "fail";
}

export function executionEntry(execution: StoredExecution): Entry {
  const { handler, outcome, ms } = execution;
  const stage = execution.stage === "before" ? "before" : "after";
  const status = statusOf(outcome);
  const row: ExecutionRow = {
    ...{ id: execution.id, at: execution.at, event: execution.eventId, stage, status, outcome, handler, ms },
    ...{ objectId: execution.objectId, client: execution.clientKey, attempt: execution.attempt },
    said: firstLine(status === "fail" ? execution.detail : (execution.detail ?? execution.answered)),
  };
  // `row` and what only another entry tells are added when it is asked for.
  const detail: Omit<ExecutionDetail, "row" | "decision"> = {
    ...{ instance: execution.instanceId, deliveryId: execution.deliveryId, sequence: execution.sequence },
    ...{ group: execution.group, answerCode: execution.status, detail: execution.detail },
    ...{ sent: execution.sent, sentCut: execution.sentCut },
    ...{ answered: execution.answered, answeredCut: execution.answeredCut },
    ...{ disposition: execution.disposition, retryInMs: execution.retryInMs, delayMs: execution.delayMs },
  };
  return {
    table: "executions",
    ...{ id: execution.id, atMs: Date.parse(execution.at), row, detail },
    kind: { handler, event: execution.eventId, stage, status, outcome },
    ...{ operation: execution.operationId, object: execution.objectId, client: execution.clientKey },
    text: [execution.sent, execution.answered, execution.detail].filter((part) => part !== null).join(" "),
    call: { handler, outcome, ms },
  };
}

export function decisionEntry(decision: StoredDecision, at: TopicPartition & { readonly offset: number }): Entry {
  const id = `${at.partition}-${at.offset}`;
  const { attempt, decidedBy, handler, operationId, reason } = decision;
  const row: DecisionRow = {
    ...{ id, at: decision.receivedAt, event: decision.eventId, objectId: decision.objectId },
    ...{ client: decision.clientKey, operationId, attempt, decision: decision.decision, decidedBy, handler },
    reason:
      reason === null ? null : firstLine(reason.message === "" ? reason.code : `${reason.code}: ${reason.message}`),
    ...{ changes: decision.changes.length, ms: decision.repliedMs ?? decision.decidedMs },
  };
  const detail: Omit<DecisionDetail, "row"> = {
    ...{ instance: decision.instanceId, sequence: decision.sequence, reason },
    handlers: [...decision.handlers],
    changes: [...decision.changes],
    failures: decision.failures.map(({ handler: failed, kind, detail }) => ({ handler: failed, kind, detail })),
    ...{ warnings: [...decision.warnings], end: decision.end },
    timing: {
      ...{ askedAt: decision.askedAt, receivedAt: decision.receivedAt, readMs: decision.readMs },
      ...{ decidedMs: decision.decidedMs, repliedMs: decision.repliedMs },
    },
  };
  return {
    table: "decisions",
    ...{ id, atMs: Date.parse(decision.receivedAt), row, detail },
    kind: { handler, event: decision.eventId, decision: decision.decision, decidedBy },
    ...{ operation: operationId, object: decision.objectId, client: decision.clientKey, text: "", call: null },
  };
}

function firstLine(text: string | null): string {
  const line = (text ?? "").trim().split("\n", 1)[0] ?? "";
  return line.length <= longestSaid ? line : `${line.slice(0, longestSaid - 1)}…`.toWellFormed();
}
