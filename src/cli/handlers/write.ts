import type { Command } from "commander";
import { BridgeError, exitCodes, ProblemsError } from "../../errors.ts";
import { systemClock } from "../../model/clock.ts";
import type { ChangeAction, HandlerChange } from "../../model/handler-log.ts";
import { ownCommand } from "../../model/own-command.ts";
import { milliseconds } from "../option-values.ts";
import { endWith } from "../run-program.ts";
import { type OpenLog, whoIAm } from "./open-log.ts";
import type { PlannedChange } from "./plan.ts";
import { type Spread, spreadText, untilEverywhere } from "./wait.ts";

/** What every command that changes handlers takes. */
export interface WriteFlags {
  readonly by?: string;
  readonly note?: string;
  /** `--no-wait`: false. */
  readonly wait: boolean;
  readonly waitMs?: number;
  readonly json?: boolean;
}

export function withWriteFlags(command: Command): Command {
  return command
    .option("--note <text>", "why, for the history")
    .option("--by <name>", "who, for the history [user@host]")
    .option("--no-wait", "do not wait until every instance runs it")
    .option("--wait-ms <ms>", "wait for the instances at most so long [5000]", milliseconds)
    .option("--json", "print one JSON object");
}

export interface Written {
  readonly revision: number;
  /** Null: nobody waited. */
  readonly spread: Spread | null;
}

const usualWaitMs = 5000;

/**
 * Writes changes, all or none, and waits until every instance that is heard runs them. Throws CONFLICT, HANDLERS_INVALID
 * with every problem, and as `HandlerStore.write`.
 */
export async function writeChanges(
  { store, instances }: OpenLog,
  action: ChangeAction,
  planned: readonly PlannedChange[],
  { by, note, wait, waitMs = usualWaitMs }: WriteFlags,
): Promise<Written> {
  const changes = planned.map(({ change }) => change);
  const end = await store.write({ action, by: whoIAm(by), note: note ?? null, changes });
  if (end.kind === "refused") throw new ProblemsError("HANDLERS_INVALID", "nothing was written:", end.problems);
  if (end.kind === "conflict") throw await conflictOf(store, changes);
  const { revision } = end;
  if (!wait) return { revision, spread: null };
  const watch = await instances();
  const handlers = changes.map(({ handlerId }) => handlerId);
  return {
    revision,
    spread: await untilEverywhere(() => watch.look(), { revision, handlers, waitMs, clock: systemClock }),
  };
}

/** Says on standard error who runs it; the exit code is that of a wait that was over where somebody does not. */
export function tellSpread({ spread }: Written): void {
  if (spread === null) return;
  const { ok, lines } = spreadText(spread);
  process.stderr.write(`${ok ? "" : "warning: "}${lines.join("\n")}\n`);
  if (!ok) endWith(spread.problems.length > 0 ? exitCodes.failed : exitCodes.unavailable);
}

/** Who was first, and what to do. */
async function conflictOf(store: OpenLog["store"], changes: readonly HandlerChange[]): Promise<BridgeError> {
  const { handlers } = store.all();
  const other = changes.find(({ handlerId, base }) => (handlers.get(handlerId)?.revision ?? null) !== base);
  const again = `nothing was written. Look (\`${ownCommand} handlers diff\`, \`handlers history\`), then try again`;
  if (other === undefined)
    return new BridgeError("CONFLICT", `somebody else changed a handler at the same time; ${again}`);
  const [newest] = await store.history(other.handlerId);
  const who =
    newest === undefined ? "somebody else" : `${newest.write.by} (${newest.write.action}, ${newest.write.at})`;
  return new BridgeError("CONFLICT", `${who} was first to change ${other.handlerId}: ${again}`);
}
