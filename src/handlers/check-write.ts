import type { Problem } from "../errors.ts";
import type { HandlerChange } from "../model/handler-log.ts";
import type { LogState } from "./fold.ts";
import { type SelectionOptions, select } from "./running.ts";
import type { HandlerVersion } from "./versions.ts";

/** Newer than everything that stands in a log. */
const notYet = Number.MAX_SAFE_INTEGER;

/**
 * Why this instance would not run handlers as these changes write them, every reason at once. Of the others, whatever is
 * wrong with them, nothing is said: one thing can be mended at a time. Switching off is never refused.
 */
export async function refusalsOf(
  state: LogState,
  changes: readonly HandlerChange[],
  options: SelectionOptions,
): Promise<readonly Problem[]> {
  const versions = new Map(state.versions);
  for (const change of changes) {
    const { handlerId, definition } = change;
    const write = { id: "", action: "update", by: "", at: "", note: null } as const;
    const version: HandlerVersion = { revision: notYet, write, definition, loggedMs: 0, bytes: 0 };
    versions.set(handlerId, [...(versions.get(handlerId) ?? []), version]);
  }
  const { refused } = await select(versions, options);
  return changes.flatMap((change) => (switchesOff(state, change) ? [] : (refused.get(change.handlerId) ?? [])));
}

/** Nothing but the status is another. */
function switchesOff({ versions }: LogState, { handlerId, definition }: HandlerChange): boolean {
  const status = definition?.["status"];
  const before = versions.get(handlerId)?.at(-1)?.definition;
  if (definition === null || before === undefined || before === null) return false;
  if (status !== "disabled" && status !== "archived") return false;
  return JSON.stringify(sorted({ ...before, status })) === JSON.stringify(sorted(definition));
}

function sorted(definition: object): readonly (readonly [string, unknown])[] {
  return Object.entries(definition).sort(([left], [right]) => (left < right ? -1 : 1));
}
