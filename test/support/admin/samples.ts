import type {
  DecisionDetail,
  DecisionRow,
  ExecutionDetail,
  ExecutionRow,
} from "../../../src/admin/contract/executions.ts";
import type { Flow } from "../../../src/admin/contract/flow.ts";
import type { HandlerDefinition } from "../../../src/model/handler-log.ts";

/** What the ports over arrays show. */

export const sampleDefinitions: readonly HandlerDefinition[] = [
  {
    id: "credit-guard",
    name: "Credit guard",
    stage: "before",
    events: ["clients.update"],
    task: { http: { url: "https://crm.example.net/credit?key=s3cret", secretRef: "env:CRM_SECRET" } },
    status: "enabled",
    priority: 10,
    timeoutMs: 300,
    mayChange: ["name", { field: "credit", rule: "lower-only" }],
    onFailure: "allow",
    mode: "enforce",
  },
  {
    id: "switch-trunks",
    name: "Softswitch trunks",
    stage: "after",
    events: ["clients.accounts.create", "clients.accounts.update"],
    task: { http: { url: "http://10.0.0.5:5000/api" } },
    status: "enabled",
    priority: 1,
    group: "switch",
  },
  {
    id: "old-crm",
    name: "Old CRM",
    stage: "after",
    events: ["clients.create"],
    task: { script: { path: "crm.py" } },
    status: "archived",
    priority: 50,
  },
];

export function executionRows(): ExecutionRow[] {
  const startMs = Date.parse("2026-11-17T08:00:00.000Z");
  return Array.from({ length: 120 }, (_one, at): ExecutionRow => {
    const isBefore = at % 2 === 0;
    const failed = at % 9 === 0;
    return {
      id: `execution-${at}`,
      at: new Date(startMs - at * 1000).toISOString(),
      event: isBefore ? "clients.update" : "clients.accounts.create",
      stage: isBefore ? "before" : "after",
      status: failed ? "fail" : "success",
      outcome: failed ? "timeout" : isBefore ? "allow" : "delivered",
      handler: isBefore ? "credit-guard" : "switch-trunks",
      objectId: String(at),
      client: "12",
      said: failed ? "no answer within 300 ms" : "{}",
      ms: failed ? 300 : 14 + (at % 20),
      attempt: 1,
    };
  });
}

export function executionDetail(row: ExecutionRow): ExecutionDetail {
  return {
    row,
    instance: "memory",
    deliveryId: `delivery-${row.id}`,
    sequence: "billing.clients/0/1",
    group: row.stage === "after" ? "switch" : null,
    sent: `{"event":{"events_id":"${row.event ?? ""}","object_id":12},"data":{"id":12,"name":"as recorded"}}`,
    sentCut: false,
    answered: row.status === "fail" ? null : "{}",
    answeredCut: false,
    answerCode: row.status === "fail" ? null : 200,
    detail: row.status === "fail" ? "no answer within 300 ms" : null,
    disposition: row.stage === "after" ? "accept" : null,
    retryInMs: null,
    delayMs: row.stage === "after" ? 20 : null,
    decision: row.stage === "before" ? "decision-0" : null,
  };
}

export function decisionRows(): DecisionRow[] {
  return Array.from(
    { length: 70 },
    (_one, at): DecisionRow => ({
      id: `decision-${at}`,
      at: new Date(Date.parse("2026-11-17T08:00:00.000Z") - at * 1000).toISOString(),
      event: "clients.update",
      objectId: "12",
      client: "12",
      operationId: `operation-${at}`,
      attempt: 1,
      decision: at % 4 === 0 ? "forbid" : "allow",
      decidedBy: "handler",
      handler: "credit-guard",
      reason: at % 4 === 0 ? "credit too high" : null,
      changes: at % 3 === 0 ? 1 : 0,
      ms: 17,
    }),
  );
}

export function decisionDetail(row: DecisionRow): DecisionDetail {
  return {
    row,
    instance: "memory",
    sequence: "billing.clients.before/0/1",
    reason: row.reason === null ? null : { code: "credit", message: row.reason },
    handlers: [{ id: "credit-guard", outcome: row.decision, ms: 12 }],
    changes: row.changes === 0 ? [] : [{ path: "credit", from: "500", to: "250", handler: "credit-guard" }],
    failures: [],
    warnings: [],
    end: "replied",
    timing: { askedAt: row.at, receivedAt: row.at, readMs: 1, decidedMs: 15, repliedMs: 17 },
  };
}

export const letterRows = Array.from({ length: 3 }, (_one, at) => ({
  position: `0/${at}`,
  deadAt: "2026-11-17T08:00:00.000Z",
  group: "switch",
  handler: "switch-trunks",
  event: "clients.accounts.create",
  objectId: "40",
  client: "12",
  reason: "rejected",
  detail:
    "422: no such trunk (the request would be refused again: what the handler says of it stands in the details, " +
    "and so does every attempt)",
  attempts: 1,
  sequence: `billing.accounts/0/${at}`,
}));

export const sampleFlow: Flow = {
  topics: [{ topic: "billing.clients", role: "facts", partitions: 6, records: 1200, perSecond: 3.5 }],
  groups: [
    {
      group: "switch",
      groupId: "provisioning-bridge.after.switch",
      handlers: ["switch-trunks"],
      state: "Stable",
      members: 1,
      topics: ["billing.accounts"],
      lag: 3,
      oldestMs: 1200,
      parkedKeys: 0,
      paused: false,
      partitions: [{ topic: "billing.accounts", partition: 0, instance: "memory", lag: 3 }],
    },
  ],
  instances: [
    {
      instance: "memory",
      host: "localhost",
      stage: "all",
      version: "0.1.0",
      startedAt: "2026-11-17T07:00:00.000Z",
      heardAt: "2026-11-17T08:00:00.000Z",
      handlersRevision: 3,
      problems: [],
      waitingFor: [],
      loopLagMs: 1,
    },
  ],
};
