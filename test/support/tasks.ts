/** Calls and handlers for tests that run tasks. */
import { systemClock } from "../../src/model/clock.ts";
import type { BridgeEvent } from "../../src/model/event.ts";
import type { AfterHandler, BeforeHandler, Task } from "../../src/model/handler.ts";
import type { RecordShape } from "../../src/model/record-shape.ts";
import { defaultRetryPolicy } from "../../src/model/retry-policy.ts";
import type { TaskCall } from "../../src/model/task-call.ts";
import { guardTasks } from "../../src/tasks/guarded.ts";
import type { GuardLimits } from "../../src/tasks/limits.ts";
import type { Tasks, UnguardedTasks } from "../../src/tasks/runner.ts";

const shape: RecordShape = {
  record: "ClientsAccountsUpdate",
  sparse: true,
  fields: [
    { name: "id", type: { kind: "long" }, nullable: true, secret: false, role: "id" },
    { name: "name", type: { kind: "string" }, nullable: false, secret: false, role: "plain" },
    { name: "password", type: { kind: "string" }, nullable: true, secret: true, role: "plain" },
  ],
};

/** The value of the sample event's secret field. */
export const samplePassword = 'hünter"22';

export const sampleEvent: BridgeEvent = {
  id: "clients.accounts.update",
  type: "clients.accounts.update",
  ceId: "e-1",
  source: "/billing",
  time: "2026-01-01T00:00:00+00:00",
  objectId: "12",
  traceparent: undefined,
  shape,
  data: { id: 12, name: "n", password: samplePassword },
};

export function sampleCall(timeoutMs: number, more: Partial<TaskCall> = {}): TaskCall {
  return { event: sampleEvent, deliveryId: "d-1", attempt: 1, sequence: "t/0/1", timeoutMs, ...more };
}

export function httpTask(url: string, secretRefs: readonly string[] = []): Task {
  return { kind: "http", url, secretRefs };
}

export function askedHandler(task: Task, id = "asked"): BeforeHandler {
  return {
    ...common(task, id),
    stage: "before",
    mayChange: [],
    onFailure: { default: "allow", byKind: {} },
    mode: "enforce",
    bestEffort: false,
  };
}

export function afterHandler(task: Task, id = "told"): AfterHandler {
  return { ...common(task, id), stage: "after", group: id, retry: defaultRetryPolicy };
}

function common(task: Task, id: string) {
  return {
    id,
    name: id,
    events: [sampleEvent.id],
    condition: null,
    task,
    status: "enabled",
    priority: 1,
    timeoutMs: 300,
    numbers: "string",
  } as const;
}

/** Tasks behind breakers and bulkheads, as a stage of the bridge has them. */
export function guarded(tasks: UnguardedTasks, limits: Partial<GuardLimits>): Tasks {
  return guardTasks({
    tasks,
    pool: "before",
    handlers: [],
    clock: systemClock,
    random: () => 0.5,
    observer: () => undefined,
    limits,
  });
}
