import { Argument, Command } from "commander";
import { BridgeError } from "../../errors.ts";
import type { SwitchChange } from "../../model/handler-log.ts";
import { listed } from "../handlers/listed.ts";
import { type OpenLog, whoIAm, withHandlerLog } from "../handlers/open-log.ts";
import type { Switches } from "../handlers/registered.ts";
import { minuteOf } from "../handlers/text.ts";
import { renderTable } from "../table.ts";

interface SwitchFlags {
  readonly by?: string;
  readonly note?: string;
  readonly json?: boolean;
}

/** `switches`: what operators set while everything runs, for all instances at once. */
export function switchesCommand(): Command {
  return new Command("switches")
    .description(
      "for all bridges at once, while they run: bypass the handlers before events, pause groups, the log level",
    )
    .addCommand(showCommand())
    .addCommand(bypassCommand())
    .addCommand(pauseCommand("pause", true, "deliver nothing to a handler group: its events wait in Kafka"))
    .addCommand(pauseCommand("resume", false, "deliver to a handler group again"))
    .addCommand(logLevelCommand())
    .addHelpText(
      "after",
      "\nReads KAFKA_BROKERS, SCHEMA_REGISTRY_URL, TOPIC_PREFIX. Each instance follows within about a second. More: docs/operations.md",
    );
}

function showCommand(): Command {
  return new Command("show")
    .description("what is set, and by whom")
    .option("--json", "print one JSON object")
    .action(async ({ json }: SwitchFlags) => {
      print(json, await withHandlerLog(({ store }) => Promise.resolve(store.switches())));
    });
}

function bypassCommand(): Command {
  return withFlags(new Command("bypass-before"))
    .description(
      "ask no handler before events: every verdict is `undecided`, `bypass`, and the core's own rule decides",
    )
    .option("--for <time>", "for so long, at most 24h: 90s, 10m, 2h")
    .option("--off", "end it now")
    .action(
      async ({ for: duration, off, ...flags }: SwitchFlags & { readonly for?: string; readonly off?: boolean }) => {
        if ((duration === undefined) === (off === undefined))
          throw new BridgeError("USAGE", "bypass-before: say --for how long, such as --for 10m, or --off");
        const until = duration === undefined ? null : new Date(Date.now() + durationMs(duration)).toISOString();
        await set({ what: "bypass-before", until }, flags);
      },
    );
}

function pauseCommand(name: string, paused: boolean, description: string): Command {
  return withFlags(new Command(name))
    .description(description)
    .argument("<group>", "of handlers; a handler without a group is one of its own id")
    .action((group: string, flags: SwitchFlags) => set({ what: "pause-group", group, paused }, flags));
}

const levels = ["debug", "info", "warn", "error"] as const;

function logLevelCommand(): Command {
  return withFlags(new Command("log-level"))
    .description("how much every bridge logs, until it is set back to `default` (LOG_LEVEL of each)")
    .addArgument(new Argument("<level>").choices([...levels, "default"]))
    .action((level: (typeof levels)[number] | "default", flags: SwitchFlags) =>
      set({ what: "log-level", level: level === "default" ? null : level }, flags),
    );
}

function withFlags(command: Command): Command {
  return command
    .option("--note <text>", "why")
    .option("--by <name>", "who [user@host]")
    .option("--json", "print one JSON object");
}

async function set(change: SwitchChange, { by, note, json }: SwitchFlags): Promise<void> {
  const switches = await withHandlerLog(async ({ store, read }) => {
    if (change.what === "pause-group" && change.paused) warnOfUnknown(change.group, groupsOf(store, read));
    await store.set(change, whoIAm(by), note ?? null);
    return store.switches();
  });
  print(json, switches);
}

function groupsOf(store: OpenLog["store"], read: OpenLog["read"]): readonly string[] {
  const groups = [...store.all().handlers.values()].map((registered) => listed(registered, read).group);
  return [...new Set(groups.filter((group) => group !== null))].sort();
}

/** No error: with HANDLERS_MODE=file the log knows no handlers, and a group may be paused before it is there. */
function warnOfUnknown(group: string, known: readonly string[]): void {
  if (known.includes(group) || known.length === 0) return;
  process.stderr.write(`warning: no handler of the log is of the group ${group}; there are: ${known.join(", ")}\n`);
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** Throws USAGE. */
function durationMs(text: string): number {
  const [, amount, unit] = /^([1-9]\d{0,5})([smh])$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined)
    throw new BridgeError("USAGE", `--for: "${text}" is no time: write 90s, 10m or 2h`);
  return Number(amount) * (unitMs[unit] ?? 0);
}

function print(json: boolean | undefined, switches: Switches): void {
  process.stdout.write(`${json === true ? JSON.stringify(switches) : switchesTable(switches)}\n`);
}

function switchesTable({ bypassBefore, pausedGroups, logLevel }: Switches): string {
  const bypass =
    bypassBefore === null
      ? ["bypass-before", "off", "", ""]
      : ["bypass-before", `until ${minuteOf(bypassBefore.until)} UTC`, bypassBefore.by, bypassBefore.note ?? ""];
  const groups = pausedGroups.map(({ group, by, at }) => [
    `group ${group}`,
    `paused since ${minuteOf(at)} UTC`,
    by,
    "",
  ]);
  return renderTable(
    ["switch", "set to", "by", "note"],
    [bypass, ...groups, ["log-level", logLevel ?? "default", "", ""]],
  );
}
