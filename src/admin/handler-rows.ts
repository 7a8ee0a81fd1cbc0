import { canonicalEventId } from "../model/event-catalogue.ts";
import { maskedAddress } from "../model/masked-address.ts";
import type { HandlerQuery, HandlerRow } from "./contract/handlers.ts";
import type { AdminPorts, Registered } from "./ports.ts";

type Recent = ReadonlyMap<string, { ok: number; failed: number; p95Ms: number | null }>;

const hourMs = 3_600_000;

/** Of the last hour; null when the execution log cannot be read now: a list is worth having without it. */
async function recentCalls({ figures }: Pick<AdminPorts, "figures">): Promise<Recent | null> {
  try {
    return (await figures?.recent(Date.now() - hourMs)) ?? null;
  } catch {
    return null;
  }
}

/** What rows need besides the definitions. Waits a moment at most for what instances say. */
export async function fresh(ports: Pick<AdminPorts, "figures" | "states">): Promise<Recent | null> {
  const [recent] = await Promise.all([recentCalls(ports), ports.states?.refresh()]);
  return recent;
}

export function handlerRow(
  { definition, revision, changedAt, changedBy }: Registered,
  { definitions, handlers, states }: Pick<AdminPorts, "definitions" | "handlers" | "states">,
  recent: Recent | null,
): HandlerRow {
  const { events, task, ...described } = definitions.describe(definition);
  const state = states?.of({ id: definition.id, group: described.group });
  const { id } = definition;
  const own =
    handlers
      ?.problems()
      .filter(({ handler }) => handler === id)
      .map(({ problem }) => problem) ?? [];
  return {
    id,
    revision,
    ...described,
    events: [...events],
    // What stands behind a question mark may be a secret, and tells people little.
    task: {
      kind: task.kind,
      target: task.kind === "http" ? (maskedAddress(task.target).split("?", 1)[0] ?? "") : task.target,
    },
    changedAt,
    changedBy,
    problems: [...new Set([...own, ...(state?.problems ?? [])])],
    breaker: state?.breaker ?? null,
    recent: recent === null ? null : (recent.get(id) ?? { ok: 0, failed: 0, p95Ms: null }),
    lag: described.stage === "after" ? (state?.lag ?? null) : null,
  };
}

/** Whether a row is asked for. What is archived is hidden unless it is asked for. */
export function isAsked(row: HandlerRow, { search, event, task, stage, status }: HandlerQuery): boolean {
  const wanted = status ?? "live";
  if (wanted === "live" ? row.status === "archived" : wanted !== "all" && row.status !== wanted) return false;
  if (stage !== undefined && row.stage !== stage) return false;
  if (task !== undefined && row.task.kind !== task) return false;
  if (event !== undefined && !row.events.includes(canonicalEventId(event))) return false;
  if (search === undefined) return true;
  const text = search.toLowerCase();
  return [row.id, row.name, row.task.target].some((part) => part.toLowerCase().includes(text));
}

/** As handlers run: by priority, then id. */
export function byPriority(left: HandlerRow, right: HandlerRow): number {
  return left.priority - right.priority || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0);
}
