import type { DefinitionReading } from "../../config/definition.ts";
import { canonicalEventId } from "../../model/event-catalogue.ts";
import type { HandlerDefinition } from "../../model/handler-log.ts";
import { describeTask } from "../describe-task.ts";
import type { Registered } from "./registered.ts";

/** A handler as lists show it, defaults filled in. */
export interface ListedHandler {
  readonly id: string;
  readonly revision: number;
  readonly name: string;
  readonly priority: number;
  readonly stage: string;
  readonly status: string;
  readonly task: string;
  readonly group: string | null;
  readonly mode: string | null;
  readonly events: readonly string[];
  readonly changedAt: string;
  readonly changedBy: string;
  /** Why it cannot run as it stands, as far as it can be told here. */
  readonly problems: readonly string[];
}

export interface ListFilter {
  readonly event?: string;
  readonly task?: string;
  readonly status?: string;
  readonly stage?: string;
  /** Also archived ones. */
  readonly all?: boolean;
}

type Read = (definition: HandlerDefinition) => DefinitionReading;

/** By stage, priority and id. Pure. */
export function listHandlers(handlers: Iterable<Registered>, read: Read, filter: ListFilter): readonly ListedHandler[] {
  const { all = false, event, stage, status, task } = filter;
  const eventId = event === undefined ? null : canonicalEventId(event);
  return [...handlers]
    .map((registered) => listed(registered, read))
    .filter(
      (one) =>
        (status === undefined ? all || one.status !== "archived" : one.status === status) &&
        (stage === undefined || one.stage === stage) &&
        (task === undefined || one.task.startsWith("script ") === (task === "script")) &&
        (eventId === null || one.events.includes(eventId)),
    )
    .sort(byPlace);
}

export function listed({ definition, revision, changedAt, changedBy }: Registered, read: Read): ListedHandler {
  const reading = read(definition);
  const common = { id: definition.id, revision, changedAt, changedBy };
  if (reading.kind === "usable") {
    const { handler } = reading;
    const { name, priority, stage, status, events } = handler;
    return {
      ...{ ...common, name, priority, stage, status, events, problems: [] },
      task: describeTask(handler.task),
      group: handler.stage === "after" ? handler.group : null,
      mode: handler.stage === "before" ? handler.mode : null,
    };
  }
  // Whatever it holds: it is shown, and what is wrong with it.
  const text = (key: string, or: string): string => {
    const value = definition[key];
    return typeof value === "string" || typeof value === "number" ? String(value) : or;
  };
  const events = definition["events"];
  return {
    ...{ ...common, group: null, mode: null, task: "?", priority: 0 },
    name: text("name", definition.id),
    stage: text("stage", "?"),
    status: text("status", "enabled"),
    events: Array.isArray(events) ? events.map((event) => canonicalEventId(String(event))) : [],
    problems: reading.problems.map(({ path, message }) => (path === null ? message : `${path}: ${message}`)),
  };
}

function byPlace(left: ListedHandler, right: ListedHandler): number {
  if (left.stage !== right.stage) return left.stage < right.stage ? 1 : -1;
  return left.priority - right.priority || (left.id < right.id ? -1 : 1);
}
