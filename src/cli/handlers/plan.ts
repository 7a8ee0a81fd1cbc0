import { BridgeError } from "../../errors.ts";
import { differencesOf, type KeyDifference } from "../../handlers/definition-diff.ts";
import type { HandlerChange, HandlerDefinition } from "../../model/handler-log.ts";
import { ownCommand } from "../../model/own-command.ts";

/** What of a handler the plans need to know; as `HandlerLog.all` has it. */
export interface Standing {
  readonly definition: HandlerDefinition;
  readonly revision: number;
}
export type Standings = ReadonlyMap<string, Standing>;

export interface PlannedChange {
  readonly kind: "create" | "update" | "delete";
  readonly id: string;
  readonly change: HandlerChange;
  readonly differences: readonly KeyDifference[];
}

export interface ApplyPlan {
  readonly changes: readonly PlannedChange[];
  readonly unchanged: readonly string[];
  /** In the log and not in the file; kept, unless pruned. */
  readonly left: readonly string[];
}

/** What makes the log say what a file says. What is not in the file is only deleted with `prune`. Pure. */
export function planApply(standings: Standings, file: readonly HandlerDefinition[], prune: boolean): ApplyPlan {
  const named = new Set(file.map(({ id }) => id));
  const changes = file.map((definition) => planned(standings.get(definition.id) ?? null, definition.id, definition));
  const others = [...standings.keys()].filter((id) => !named.has(id)).sort();
  const deleted = prune ? others.map((id) => planned(standings.get(id) ?? null, id, null)) : [];
  const all = [...changes, ...deleted];
  return {
    changes: all.filter((one) => one.differences.length > 0),
    unchanged: all.filter((one) => one.differences.length === 0).map(({ id }) => id),
    left: prune ? [] : others,
  };
}

/**
 * Another status for each of these; those that have it are left out. `since`: what was recorded before is not for them any
 * more. Throws USAGE for one that is not there, or that has no place to leave. Pure.
 */
export function planStatus(
  standings: Standings,
  ids: readonly string[],
  status: string,
  since?: string,
): readonly PlannedChange[] {
  return [...new Set(ids)].flatMap((id) => {
    const standing = standingOf(standings, id);
    if (since !== undefined && standing.definition["stage"] !== "after")
      throw new BridgeError("USAGE", `${id} is asked before the event, and nothing waits for it: leave out --from`);
    const change = planned(standing, id, { ...standing.definition, status, ...(since === undefined ? {} : { since }) });
    // A status that is not stated is `enabled`.
    const is = standing.definition["status"] ?? "enabled";
    return is === status ? [] : [change];
  });
}

/** Throws USAGE for one that is not there. Pure. */
export function planDelete(standings: Standings, ids: readonly string[]): readonly PlannedChange[] {
  return [...new Set(ids)].map((id) => planned(standingOf(standings, id), id, null));
}

/** An older version as the newest; also of a handler that was deleted. Pure. */
export function planRollback(standings: Standings, id: string, definition: HandlerDefinition): PlannedChange {
  return planned(standings.get(id) ?? null, id, definition);
}

/** Throws USAGE. */
export function standingOf<T extends Standing>(standings: ReadonlyMap<string, T>, id: string): T {
  const standing = standings.get(id);
  if (standing !== undefined) return standing;
  const close = [...standings.keys()].filter((known) => known.includes(id) || id.includes(known)).sort();
  const meant = close.length === 0 ? "" : `; there is ${close.slice(0, 3).join(", ")}`;
  throw new BridgeError(
    "USAGE",
    `no handler "${id}"${meant}: \`${ownCommand} handlers list --all\` shows those there are`,
  );
}

function planned(standing: Standing | null, id: string, definition: HandlerDefinition | null): PlannedChange {
  return {
    kind: standing === null ? "create" : definition === null ? "delete" : "update",
    id,
    change: { handlerId: id, base: standing?.revision ?? null, definition },
    differences: differencesOf(standing?.definition ?? null, definition),
  };
}

/** Handlers that get what they wait for only once these are enabled again: nothing of a group overtakes. Pure. */
export function heldBy(
  disabled: readonly string[],
  handlers: readonly {
    readonly id: string;
    readonly group: string | null;
    readonly status: string;
    readonly priority: number;
  }[],
): readonly { readonly id: string; readonly group: string; readonly waits: readonly string[] }[] {
  return disabled.flatMap((id) => {
    const own = handlers.find((handler) => handler.id === id);
    if (own === undefined || own.group === null) return [];
    const { group, priority } = own;
    const waits = handlers.filter(
      (one) =>
        one.group === group &&
        one.status === "enabled" &&
        !disabled.includes(one.id) &&
        (one.priority > priority || (one.priority === priority && one.id > id)),
    );
    return [{ id, group, waits: waits.map((one) => one.id) }];
  });
}
