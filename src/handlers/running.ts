import { type BudgetRow, budgetText, proveBudget } from "../config/budget.ts";
import type { DefinitionReading } from "../config/definition.ts";
import type { Problem } from "../errors.ts";
import type { Handler, HandlerStatus } from "../model/handler.ts";
import type { HandlerDefinition } from "../model/handler-log.ts";
import type { HandlerVersion, Versions } from "./versions.ts";

/** A handler as this instance runs it. */
export interface RunningHandler {
  /** What it was read from: a version, with the newest status where that is a switched off one. */
  readonly definition: HandlerDefinition;
  readonly handler: Handler;
  /** Of the version that runs. */
  readonly revision: number;
  /** When the log took that version; null: it is no log's. */
  readonly loggedMs: number | null;
}

export interface Selection {
  readonly handlers: readonly RunningHandler[];
  /** Of each handler whose newest version does not run here. */
  readonly refused: ReadonlyMap<string, readonly Problem[]>;
}

export interface SelectionOptions {
  readonly read: (definition: HandlerDefinition) => DefinitionReading;
  /** What the budget proof is for. */
  readonly deadlineMs: number;
  /** Called now and then: lets others have a turn, as there may be a thousand conditions to compile. */
  readonly breathe: () => Promise<void>;
}

/**
 * What an instance runs of what the log says: of each handler the newest version that is valid by this instance's own
 * settings. So a record that was forged, or written where settings differ, changes nothing here.
 *
 * - Versions before a deletion do not count: what was deleted stays away.
 * - A newest version that is switched off (disabled, archived) switches off, whatever else is wrong with it.
 * - Where the handlers of an event do not fit the budget, the one of them whose version is the newest gives way to its
 *   version before, and so on, until all fit: what was proved before the change stays as it was. Of equally new ones the
 *   last by id.
 *
 * A function of the versions and the settings alone: instances with the same settings run the same, whenever they started.
 */
export async function select(versions: Versions, options: SelectionOptions): Promise<Selection> {
  const refused = new Map<string, readonly Problem[]>();
  const chosen = new Map<string, Choice>();
  for (const [id, list] of versions) {
    await options.breathe();
    const { choice, problems } = choose(list, list.length - 1, options);
    if (choice !== null) chosen.set(id, choice);
    if (problems.length > 0) refused.set(id, problems);
  }
  for (;;) {
    await options.breathe();
    const handlers = [...chosen.values()].map(({ running }) => running.handler);
    const row = proveBudget(handlers, options.deadlineMs).find(({ fits }) => !fits);
    if (row === undefined) break;
    const [id, choice] = newestOf(row, chosen);
    refused.set(id, [...(refused.get(id) ?? []), budgetProblem(id, row, options.deadlineMs)]);
    // At most once back: the version before fitted when it was the newest, or there is nothing to go back to.
    const before = choice.gaveWay ? null : choose(choice.versions, choice.at - 1, options).choice;
    if (before === null) chosen.delete(id);
    else chosen.set(id, { ...before, gaveWay: true });
  }
  const handlers = [...chosen.values()].map(({ running }) => running);
  return { handlers: handlers.sort((a, b) => (a.handler.id < b.handler.id ? -1 : 1)), refused };
}

interface Choice {
  readonly running: RunningHandler;
  readonly versions: readonly HandlerVersion[];
  readonly at: number;
  /** To the budget, once. */
  readonly gaveWay?: true;
}

/** The newest valid version from `from` back; the problems are those of the newest of all. */
function choose(
  versions: readonly HandlerVersion[],
  from: number,
  { read }: SelectionOptions,
): { readonly choice: Choice | null; readonly problems: readonly Problem[] } {
  const newest = versions.at(-1);
  const off = newest?.definition === undefined || newest.definition === null ? null : switchedOff(newest.definition);
  let problems: readonly Problem[] = [];
  for (let at = from; at >= 0; at--) {
    const version = versions[at];
    if (version?.definition === undefined || version.definition === null) break;
    const reading = read(version.definition);
    if (reading.kind === "refused") {
      if (version === newest) ({ problems } = reading);
      continue;
    }
    const { revision, loggedMs } = version;
    const asWritten = { definition: version.definition, handler: reading.handler, revision, loggedMs };
    const running = off === null || version === newest ? asWritten : withStatus(asWritten, off);
    return { choice: { running, versions, at }, problems };
  }
  return { choice: null, problems };
}

/** Read from the text itself, as the rest may be anything. */
function switchedOff({ status }: HandlerDefinition): HandlerStatus | null {
  return status === "disabled" || status === "archived" ? status : null;
}

function withStatus(running: RunningHandler, status: HandlerStatus): RunningHandler {
  return { ...running, definition: { ...running.definition, status }, handler: { ...running.handler, status } };
}

function newestOf(row: BudgetRow, chosen: ReadonlyMap<string, Choice>): readonly [string, Choice] {
  const ids = [...[...row.mutators, ...row.validators].map(({ id }) => id), ...row.bestEffort];
  const counted = ids.flatMap((id) => {
    const choice = chosen.get(id);
    return choice === undefined ? [] : [[id, choice] as const];
  });
  const [first, ...others] = counted;
  if (first === undefined) throw new Error("a row that does not fit counts at least one handler");
  return others.reduce(
    (newest, one) =>
      one[1].running.revision - newest[1].running.revision > 0 ||
      (one[1].running.revision === newest[1].running.revision && one[0] > newest[0])
        ? one
        : newest,
    first,
  );
}

function budgetProblem(id: string, row: BudgetRow, deadlineMs: number): Problem {
  return {
    path: `${id}.events`,
    place: null,
    message: `the handlers of ${budgetText(row)}`,
    hint: `lower timeouts, mark one bestEffort, or raise the deadline of ${deadlineMs} ms (DEADLINE_MS)`,
  };
}
