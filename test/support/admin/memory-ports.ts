import type { AuditEntry } from "../../../src/admin/contract/audit.ts";
import type { Replay } from "../../../src/admin/contract/dead-letters.ts";
import type { EventRow } from "../../../src/admin/contract/events.ts";
import type { LiveEvents } from "../../../src/admin/contract/live.ts";
import type { AdminPorts, Described, HandlerLog, Page } from "../../../src/admin/ports.ts";
import { eventCatalogue, findEventType } from "../../../src/model/event-catalogue.ts";
import type { HandlerDefinition } from "../../../src/model/handler-log.ts";
import { memoryLog } from "./memory-log.ts";
import {
  decisionDetail,
  decisionRows,
  executionDetail,
  executionRows,
  letterRows,
  sampleDefinitions,
  sampleFlow,
} from "./samples.ts";

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
      refresh: () => Promise.resolve(),
      of: ({ id }) => ({
        breaker: id === "switch-trunks" ? "open" : "closed",
        problems: [],
        lag: { records: 3, oldestMs: 1200 },
      }),
    },
    tests: {
      test: (definition, { event, execution, data }) =>
        Promise.resolve({
          request: JSON.stringify({ handler: definition.id, event, execution, data }),
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
      entries: ({ limit = 50, cursor, by }) =>
        Promise.resolve(
          paged(
            trail.filter((entry) => by === undefined || entry.by === by),
            limit,
            cursor,
          ),
        ),
    },
    live: {
      subscribe: (to) => {
        listeners.add(to);
        return () => void listeners.delete(to);
      },
    },
  };
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
