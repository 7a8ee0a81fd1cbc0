import type { AuditEntry } from "../../../src/admin/contract/audit.ts";
import type { Replay } from "../../../src/admin/contract/dead-letters.ts";
import type { EventRow } from "../../../src/admin/contract/events.ts";
import type {
  DecisionDetail,
  DecisionRow,
  ExecutionDetail,
  ExecutionRow,
} from "../../../src/admin/contract/executions.ts";
import type { Flow } from "../../../src/admin/contract/flow.ts";
import type { LiveEvents } from "../../../src/admin/contract/live.ts";
import type { Switches } from "../../../src/admin/contract/switches.ts";
import type {
  AdminPorts,
  Described,
  HandlerLog,
  Page,
  Registered,
  RegisteredVersion,
} from "../../../src/admin/ports.ts";
import { eventCatalogue, findEventType } from "../../../src/model/event-catalogue.ts";
import type { HandlerDefinition, SwitchChange } from "../../../src/model/handler-log.ts";

/** The ports of the admin API over arrays: for tests of the API itself, and to try the web interface without a broker. */
export interface MemoryPorts extends AdminPorts {
  readonly handlers: HandlerLog;
  readonly trail: AuditEntry[];
  tell<K extends keyof LiveEvents>(name: K, data: LiveEvents[K]): void;
}

export function memoryPorts(definitions: readonly HandlerDefinition[] = sampleDefinitions): MemoryPorts {
  const trail: AuditEntry[] = [];
  const listeners = new Set<(name: keyof LiveEvents, data: never) => void>();
  const tell: MemoryPorts["tell"] = (name, data) => {
    for (const listener of listeners) listener(name, data as never);
  };
  const replays = new Map<string, Replay>();
  return {
    trail,
    tell,
    handlers: memoryLog(definitions),
    definitions: {
      describe,
      check: (definition) => ({
        problems:
          typeof (definition as { name?: unknown } | null)?.name === "string"
            ? []
            : [{ path: "name", place: null, message: "is missing", hint: null }],
        warnings: [],
        budget: [
          {
            event: "clients.update",
            fits: true,
            sumMs: 340,
            shareMs: 1100,
            mutators: [{ id: "credit-guard", timeoutMs: 300 }],
            validators: [],
            fixedMs: 40,
          },
        ],
        fields: [
          { field: "name", type: "string", may: "free", rules: ["any", "one-of", "append"] },
          { field: "credit", type: "decimal", may: "named", rules: ["any", "lower-only", "raise-only", "max-delta"] },
          { field: "id", type: "integer", may: "never", rules: [] },
        ],
        yaml: null,
      }),
      yaml: (definition) => `- ${JSON.stringify(definition)}\n`,
    },
    events: {
      list: (handlers) => eventCatalogue.map((type) => eventRow(type.id, handlers)),
      detail: (id, handlers) => {
        const type = findEventType(id);
        if (type === undefined) return null;
        const field = { name: "id", type: "integer", nullable: false, doc: "Id of the object", secret: false };
        return {
          row: eventRow(type.id, handlers),
          fields: [field],
          sample: '{ "events_id": "clients.update" }',
          schema: null,
        };
      },
      explain: (id) => Promise.resolve({ event: id, before: null, after: [] }),
    },
    executions: {
      executions: ({ limit = 50, handler, cursor }) => {
        const all = executionRows().filter((row) => handler === undefined || row.handler === handler);
        return Promise.resolve(paged(all, limit, cursor));
      },
      execution: (id) => {
        const row = executionRows().find((one) => one.id === id);
        return Promise.resolve(row === undefined ? null : executionDetail(row));
      },
      decisions: ({ limit = 50, cursor }) => Promise.resolve(paged(decisionRows(), limit, cursor)),
      decision: (id) => {
        const row = decisionRows().find((one) => one.id === id);
        return Promise.resolve(row === undefined ? null : decisionDetail(row));
      },
    },
    figures: {
      recent: () =>
        Promise.resolve(new Map(definitions.map(({ id }, at) => [id, { ok: 120 + at, failed: at, p95Ms: 40 + at }]))),
      steps: (_id, sinceMs, stepMs) =>
        Promise.resolve({
          steps: Array.from({ length: 60 }, (_one, at) => ({
            at: new Date(sinceMs + at * stepMs).toISOString(),
            ok: 10 + (at % 7),
            failed: at % 5 === 0 ? 1 : 0,
            p50Ms: 20 + (at % 3),
            p95Ms: 60 + (at % 11),
          })),
          outcomes: [
            { outcome: "delivered", count: 700 },
            { outcome: "timeout", count: 12 },
          ],
        }),
    },
    letters: {
      list: ({ limit = 50, cursor }) => Promise.resolve(paged(letterRows, limit, cursor)),
      letter: (partition, offset) => {
        const row = letterRows.find(({ position }) => position === `${partition}/${offset}`);
        if (row === undefined) return Promise.resolve(null);
        const attempts = [{ number: 1, at: row.deadAt, ms: 12, kind: "rejected", detail: "422: no such trunk" }];
        return Promise.resolve({
          row,
          attempts,
          recordedAt: row.deadAt,
          headers: { ce_type: "clients.update" },
          data: '{"id":12}',
          unread: null,
        });
      },
    },
    replays: {
      start: ({ positions, dryRun }, by) => {
        const total = positions?.length ?? letterRows.length;
        const replay: Replay = {
          id: `replay-${replays.size + 1}`,
          state: dryRun === true ? "planned" : "done",
          total,
          handedOver: dryRun === true ? 0 : total,
          delivered: dryRun === true ? 0 : total,
          deadAgain: 0,
          gone: 0,
          superseded: 0,
          idleGroups: [],
          newer: [],
          error: null,
          startedAt: new Date().toISOString(),
          by,
        };
        if (dryRun !== true) {
          replays.set(replay.id, replay);
          tell("replay", replay);
        }
        return Promise.resolve(replay);
      },
      list: () => [...replays.values()].reverse(),
      get: (id) => replays.get(id) ?? null,
      stop: (id) => replays.get(id) ?? null,
    },
    flow: { flow: () => Promise.resolve(sampleFlow) },
    states: {
      of: ({ id }) => ({
        breaker: id === "switch-trunks" ? "open" : "closed",
        problems: [],
        lag: { records: 3, oldestMs: 1200 },
      }),
    },
    tests: {
      test: (definition) =>
        Promise.resolve({
          request: JSON.stringify({ handler: definition.id }),
          headers: { "content-type": "application/json" },
          answer: "{}",
          outcome: "allow",
          detail: null,
          changes: [],
          ms: 12,
        }),
    },
    audit: {
      record: (entry) => void trail.unshift({ ...entry, instance: "memory" }),
      entries: ({ limit = 50, cursor }) => Promise.resolve(paged(trail, limit, cursor)),
    },
    live: {
      subscribe: (to) => {
        listeners.add(to);
        return () => void listeners.delete(to);
      },
    },
  };
}

function memoryLog(definitions: readonly HandlerDefinition[]): HandlerLog {
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  let revision = 0;
  const handlers = new Map<string, Registered>();
  const versions: (RegisteredVersion & { readonly handlerId: string })[] = [];
  let switches: Switches = { bypassBefore: null, pausedGroups: [], logLevel: null };
  const log: HandlerLog = {
    readOnly: null,
    problems: () => [],
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    all: () => ({ revision, handlers }),
    history: (id) => Promise.resolve(versions.filter(({ handlerId }) => handlerId === id).toReversed()),
    write: ({ action, by, note, changes }) => {
      for (const { handlerId, base } of changes) {
        const found = handlers.get(handlerId)?.revision ?? null;
        if (found !== base) return Promise.resolve({ kind: "conflict", found });
      }
      revision++;
      const at = new Date().toISOString();
      for (const { handlerId, definition } of changes) {
        if (definition === null) handlers.delete(handlerId);
        else handlers.set(handlerId, { definition, revision, changedAt: at, changedBy: by });
        versions.push({ handlerId, revision, write: { id: `${revision}`, action, by, at, note }, definition });
      }
      changed();
      return Promise.resolve({ kind: "written", revision });
    },
    switches: () => switches,
    set: (change, by, note) => {
      switches = switched(switches, change, by, note);
      changed();
      return Promise.resolve();
    },
  };
  for (const definition of definitions) {
    void log.write({
      action: "seed",
      by: "seed",
      note: null,
      changes: [{ handlerId: definition.id, base: null, definition }],
    });
  }
  return log;
}

function switched(switches: Switches, change: SwitchChange, by: string, note: string | null): Switches {
  switch (change.what) {
    case "bypass-before":
      return { ...switches, bypassBefore: change.until === null ? null : { until: change.until, by, note } };
    case "pause-group": {
      const others = switches.pausedGroups.filter(({ group }) => group !== change.group);
      const paused = change.paused ? [{ group: change.group, by, at: new Date().toISOString() }] : [];
      return { ...switches, pausedGroups: [...others, ...paused] };
    }
    case "log-level":
      return { ...switches, logLevel: change.level };
  }
}

function describe(definition: HandlerDefinition): Described {
  const text = (key: string, fallback: string): string =>
    typeof definition[key] === "string" ? definition[key] : fallback;
  const { http, script } = (definition["task"] ?? {}) as { http?: { url: string }; script?: { path: string } };
  const stage = text("stage", "after") as Described["stage"];
  return {
    name: text("name", definition.id),
    priority: typeof definition["priority"] === "number" ? definition["priority"] : 100,
    events: Array.isArray(definition["events"]) ? (definition["events"] as string[]) : [],
    stage,
    task: http === undefined ? { kind: "script", target: script?.path ?? "" } : { kind: "http", target: http.url },
    status: text("status", "enabled") as Described["status"],
    mode: stage === "before" ? (text("mode", "enforce") as "enforce") : null,
    group: stage === "after" ? text("group", definition.id) : null,
  };
}

function paged<T>(all: readonly T[], limit: number, cursor: string | undefined): Page<T> {
  const from = /^\d{1,9}$/.test(cursor ?? "") ? Number(cursor) : 0;
  return { items: all.slice(from, from + limit), next: from + limit < all.length ? String(from + limit) : null };
}

function eventRow(id: string, handlers: readonly HandlerDefinition[]): EventRow {
  const type = findEventType(id);
  const of = (stage: string): string[] =>
    handlers.filter((one) => describe(one).stage === stage && describe(one).events.includes(id)).map((one) => one.id);
  return {
    id,
    aliases: [...(type?.aliases ?? [])],
    entity: type?.entity ?? null,
    label: type?.label ?? id,
    before: type?.before ?? false,
    handlers: { before: of("before"), after: of("after") },
  };
}

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

function executionRows(): ExecutionRow[] {
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

function executionDetail(row: ExecutionRow): ExecutionDetail {
  return {
    row,
    instance: "memory",
    deliveryId: `delivery-${row.id}`,
    sequence: "billing.clients/0/1",
    group: row.stage === "after" ? "switch" : null,
    sent: '{"events_id":"clients.update","id":12}',
    sentCut: false,
    answered: row.status === "fail" ? null : "{}",
    answeredCut: false,
    status: row.status === "fail" ? null : 200,
    detail: row.status === "fail" ? "no answer within 300 ms" : null,
    disposition: row.stage === "after" ? "accept" : null,
    retryInMs: null,
    delayMs: row.stage === "after" ? 20 : null,
    decision: row.stage === "before" ? "decision-0" : null,
  };
}

function decisionRows(): DecisionRow[] {
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

function decisionDetail(row: DecisionRow): DecisionDetail {
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

const letterRows = Array.from({ length: 3 }, (_one, at) => ({
  position: `0/${at}`,
  deadAt: "2026-11-17T08:00:00.000Z",
  group: "switch",
  handler: "switch-trunks",
  event: "clients.accounts.create",
  objectId: "40",
  client: "12",
  reason: "rejected",
  detail: "422: no such trunk",
  attempts: 1,
  sequence: `billing.accounts/0/${at}`,
}));

const sampleFlow: Flow = {
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
