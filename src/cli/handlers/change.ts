import { Command, Option } from "commander";
import { exitCodes } from "../../errors.ts";
import type { ChangeAction } from "../../model/handler-log.ts";
import { ownCommand } from "../../model/own-command.ts";
import { revisionNumber } from "../option-values.ts";
import { endWith } from "../run-program.ts";
import { listed } from "./listed.ts";
import { versionOf } from "./look.ts";
import { type OpenLog, withHandlerLog } from "./open-log.ts";
import { heldBy, type PlannedChange, planDelete, planRollback, planStatus } from "./plan.ts";
import { changeLines } from "./text.ts";
import { tellSpread, type WriteFlags, withWriteFlags, writeChanges } from "./write.ts";

export function enableCommand(): Command {
  return withWriteFlags(new Command("enable"))
    .description("handlers run again; after the event they go on where they left off, or with what happens from now on")
    .argument("<handler ids...>")
    .addOption(
      new Option("--from <where>", "what an after handler gets").choices(["left-off", "now"]).default("left-off"),
    )
    .action((ids: readonly string[], flags: WriteFlags & { readonly from: "left-off" | "now" }) => {
      const since = flags.from === "now" ? new Date().toISOString() : undefined;
      return change(
        "enable",
        flags,
        ({ store }) => Promise.resolve(planStatus(store.all().handlers, ids, "enabled", since)),
        (_log, planned) => {
          const already = ids.filter((id) => planned.every((one) => one.id !== id));
          if (since !== undefined && already.length > 0)
            process.stderr.write(
              `warning: ${already.join(", ")} ran already: only what waits for a disabled handler is passed over\n`,
            );
        },
      );
    });
}

export function disableCommand(): Command {
  return changing(
    "disable",
    "disable",
    "handlers are not called: before the event nobody asks them, after it their events wait in Kafka",
    ({ store }, ids) => planStatus(store.all().handlers, ids, "disabled"),
    tellWhoWaits,
  );
}

export function archiveCommand(): Command {
  return changing(
    "archive",
    "archive",
    "handlers are gone from lists and run no more; events of the time are not kept",
    ({ store }, ids) => planStatus(store.all().handlers, ids, "archived"),
  );
}

export function deleteCommand(): Command {
  return changing(
    "delete",
    "delete",
    "handlers are gone; their history stays, and `rollback` brings them back",
    ({ store }, ids) => planDelete(store.all().handlers, ids),
    (_log, planned) => {
      for (const { id, change } of planned)
        process.stderr.write(`to bring it back: ${ownCommand} handlers rollback ${id} --to ${change.base ?? ""}\n`);
    },
  );
}

export function rollbackCommand(): Command {
  return withWriteFlags(new Command("rollback"))
    .description("make an older version of a handler the newest; `history` shows which there are")
    .argument("<handler id>")
    .requiredOption("--to <revision>", "of the version", revisionNumber)
    .action((id: string, flags: WriteFlags & { readonly to: number }) =>
      change("rollback", flags, async (log) => {
        const { definition } = await versionOf(log.store, id, flags.to);
        return [planRollback(log.store.all().handlers, id, definition)].filter(
          ({ differences }) => differences.length > 0,
        );
      }),
    );
}

type Plan = (log: OpenLog, ids: readonly string[]) => readonly PlannedChange[];
type Tell = (log: OpenLog, planned: readonly PlannedChange[]) => void;

function changing(
  name: string,
  action: ChangeAction,
  description: string,
  plan: Plan,
  tell: Tell = () => undefined,
): Command {
  return withWriteFlags(new Command(name))
    .description(description)
    .argument("<handler ids...>")
    .action((ids: readonly string[], flags: WriteFlags) =>
      change(action, flags, (log) => Promise.resolve(plan(log, ids)), tell),
    );
}

async function change(
  action: ChangeAction,
  flags: WriteFlags,
  plan: (log: OpenLog) => Promise<readonly PlannedChange[]>,
  tell: Tell = () => undefined,
): Promise<void> {
  await withHandlerLog(async (log) => {
    const planned = await plan(log);
    const written = planned.length === 0 ? null : await writeChanges(log, action, planned, flags);
    const changes = planned.map(({ kind, id, differences }) => ({ kind, id, differences }));
    if (flags.json === true) process.stdout.write(`${JSON.stringify({ changes, written })}\n`);
    else if (planned.length > 0) process.stdout.write(`${planned.flatMap(changeLines).join("\n")}\n`);
    tell(log, planned);
    if (written === null) {
      process.stderr.write("nothing to change: it is so already\n");
      endWith(exitCodes.ok);
      return;
    }
    tellWarnings(log, planned);
    process.stderr.write(`revision ${written.revision}\n`);
    tellSpread(written);
  });
}

/** What was written and may not be meant, such as a time in the future. */
function tellWarnings({ read }: OpenLog, planned: readonly PlannedChange[]): void {
  for (const { change } of planned) {
    const reading = change.definition?.["status"] === "enabled" ? read(change.definition) : null;
    if (reading?.kind === "usable")
      for (const warning of reading.warnings) process.stderr.write(`warning: ${warning}\n`);
  }
}

/** What a disabled handler holds up besides itself. */
function tellWhoWaits({ store, read }: OpenLog, planned: readonly PlannedChange[]): void {
  const handlers = [...store.all().handlers.values()].map((registered) => listed(registered, read));
  const held = heldBy(
    planned.map(({ id }) => id),
    handlers,
  );
  for (const { id, group, waits } of held) {
    process.stderr.write(`events that ${id} takes wait for it (group ${group}), within what Kafka keeps (14 days)\n`);
    if (waits.length > 0)
      process.stderr.write(
        `warning: so do those of ${waits.join(", ")}, which come after it in the group: nothing overtakes\n`,
      );
  }
}
