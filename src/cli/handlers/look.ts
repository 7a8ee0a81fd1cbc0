import { Command, Option } from "commander";
import { definitionYaml, handlersYaml } from "../../config/handlers-yaml.ts";
import { BridgeError } from "../../errors.ts";
import type { HandlerStore } from "../../handlers/store.ts";
import { count, revisionNumber } from "../option-values.ts";
import { type ListFilter, listed, listHandlers } from "./listed.ts";
import { withHandlerLog } from "./open-log.ts";
import { standingOf } from "./plan.ts";
import { handlersTable, historyTable } from "./text.ts";

interface JsonFlag {
  readonly json?: boolean;
}

export function listCommand(): Command {
  return new Command("list")
    .description("every handler that is not archived, by stage and priority")
    .option("--event <event id>", "of this event, such as clients.update; aliases too")
    .addOption(new Option("--task <kind>", "with this kind of task").choices(["http", "script"]))
    .addOption(new Option("--status <status>", "with this status").choices(["enabled", "disabled", "archived"]))
    .addOption(new Option("--stage <stage>", "of this stage").choices(["before", "after"]))
    .option("--all", "archived ones too")
    .option("--json", "print one JSON object")
    .action(async ({ json, ...filter }: ListFilter & JsonFlag) => {
      const { revision, handlers, problems, of } = await withHandlerLog(({ store, read }) => {
        const all = store.all();
        const found = listHandlers(all.handlers.values(), read, filter);
        return Promise.resolve({
          revision: all.revision,
          handlers: found,
          problems: store.problems(),
          of: all.handlers.size,
        });
      });
      if (json === true) {
        process.stdout.write(`${JSON.stringify({ revision, handlers, problems })}\n`);
        return;
      }
      if (handlers.length > 0) process.stdout.write(`${handlersTable(handlers)}\n`);
      process.stderr.write(`${handlers.length} of ${of} handlers, revision ${revision}\n`);
      warnOf(problems);
      for (const { id, problems: own } of handlers)
        for (const problem of own) process.stderr.write(`warning: ${id} cannot run as it stands: ${problem}\n`);
    });
}

export function showCommand(): Command {
  return new Command("show")
    .description("one handler as a handlers file would have it, and what the instances say of it")
    .argument("<handler id>")
    .option("--revision <n>", "as it was at this revision [now]", revisionNumber)
    .option("--json", "print one JSON object")
    .action(async (id: string, { revision, json }: JsonFlag & { readonly revision?: number }) => {
      const shown = await withHandlerLog(async ({ store, read, instances }) => {
        const standing =
          revision === undefined ? standingOf(store.all().handlers, id) : await versionOf(store, id, revision);
        const { changedAt, changedBy, definition, revision: at } = standing;
        const row = listed({ definition, revision: at, changedAt, changedBy }, read);
        return { row, definition, instances: await saidOf(id, instances) };
      });
      if (json === true) {
        process.stdout.write(`${JSON.stringify(shown)}\n`);
        return;
      }
      const { row, definition, instances } = shown;
      process.stdout.write(definitionYaml(definition));
      process.stderr.write(`revision ${row.revision}, by ${row.changedBy} at ${row.changedAt}\n`);
      for (const problem of row.problems) process.stderr.write(`warning: it cannot run as it stands: ${problem}\n`);
      for (const line of instances) process.stderr.write(`${line}\n`);
    });
}

export function exportCommand(): Command {
  return new Command("export")
    .description("handlers as a handlers file, which `apply -f` takes back unchanged; archived ones too")
    .argument("[handler ids...]", "these [all]")
    .action(async (ids: readonly string[]) => {
      const definitions = await withHandlerLog(({ store }) => {
        const { handlers } = store.all();
        const wanted = ids.length === 0 ? [...handlers.keys()].sort() : ids;
        return Promise.resolve(wanted.map((id) => standingOf(handlers, id).definition));
      });
      process.stdout.write(handlersYaml(definitions));
    });
}

export function historyCommand(): Command {
  return new Command("history")
    .description("who changed a handler, when, and what of it; newest first, also of one that was deleted")
    .argument("<handler id>")
    .option("--limit <n>", "at most so many versions [20]", count)
    .option("--json", "print one JSON object, definitions whole")
    .action(async (id: string, { json, limit = 20 }: JsonFlag & { readonly limit?: number }) => {
      const all = await withHandlerLog(({ store }) => store.history(id));
      if (all.length === 0) throw new BridgeError("USAGE", `there never was a handler "${id}"`);
      // One more than is shown, so that the oldest shown has something to differ from.
      if (json === true) process.stdout.write(`${JSON.stringify({ versions: all.slice(0, limit) })}\n`);
      else process.stdout.write(`${historyTable(all.slice(0, limit + 1), limit)}\n`);
      if (all.length > limit) process.stderr.write(`${all.length} versions, ${limit} shown: --limit\n`);
    });
}

interface Version {
  readonly definition: { readonly id: string; readonly [key: string]: unknown };
  readonly revision: number;
  readonly changedAt: string;
  readonly changedBy: string;
}

/** A version by its revision. Throws USAGE where there is none, or it is a deletion. */
export async function versionOf(store: Pick<HandlerStore, "history">, id: string, revision: number): Promise<Version> {
  const versions = await store.history(id);
  const found = versions.find((version) => version.revision === revision);
  if (found?.definition != null) {
    const { at, by } = found.write;
    return { definition: found.definition, revision, changedAt: at, changedBy: by };
  }
  const there = versions.filter(({ definition }) => definition !== null).map((version) => version.revision);
  const has = there.length === 0 ? "has none that is kept" : `has ${there.slice(0, 20).join(", ")}`;
  throw new BridgeError("USAGE", `no version ${revision} of a handler "${id}" to go by: it ${has}`);
}

/** In words; nothing that cannot be found out stops a look. */
async function saidOf(
  id: string,
  instances: Parameters<Parameters<typeof withHandlerLog>[0]>[0]["instances"],
): Promise<readonly string[]> {
  try {
    const heard = await (await instances()).look();
    return heard.flatMap(({ status: { instanceId, host, breakers, problems } }) => [
      ...breakers
        .filter(({ handler }) => handler === id)
        .map(({ pool, state }) => `${instanceId} at ${host}: its breaker (${pool}) is ${state}`),
      ...problems
        .filter(({ handler }) => handler === id)
        .map(({ problem }) => `${instanceId} at ${host} does not run it as it stands: ${problem}`),
    ]);
  } catch {
    return ["the instances cannot be heard now"];
  }
}

function warnOf(problems: readonly { readonly problem: string }[]): void {
  for (const { problem } of problems) process.stderr.write(`warning: ${problem}\n`);
}
