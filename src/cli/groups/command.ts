import { Command } from "commander";
import { BridgeError } from "../../errors.ts";
import { describeGroup, listGroups } from "../../kafka/topics/groups.ts";
import { ownCommand } from "../../model/own-command.ts";
import { partitionId } from "../../model/record.ts";
import { lagOf } from "../../operations/group-lag.ts";
import { applyReset, planReset } from "../../operations/group-reset.ts";
import type { OperationParts } from "../../operations/letters.ts";
import { parseTarget } from "../../operations/reset-target.ts";
import { withOperation } from "../operation.ts";
import { type GroupLag, groupsTable, lagTable, resetTable } from "./text.ts";

interface GroupFlags {
  readonly group?: string;
  readonly topic?: readonly string[];
  readonly json?: boolean;
}

interface ResetFlags extends GroupFlags {
  readonly group: string;
  readonly to: string;
  readonly dryRun?: boolean;
}

/** `groups`: the consumer groups of the bridge, how far they are behind, and their positions. */
export function groupsCommand(): Command {
  return new Command("groups")
    .description("the bridge's consumer groups: who reads, how far behind, and from where on")
    .addCommand(listCommand())
    .addCommand(lagCommand())
    .addCommand(resetCommand())
    .addHelpText(
      "after",
      `
Reads KAFKA_BROKERS, SCHEMA_REGISTRY_URL, TOPIC_PREFIX, GROUP_PREFIX. A group of the after stage may be named by its
handler group (or its handler's id) alone, a topic without its prefix. More: docs/operations.md`,
    );
}

function listCommand(): Command {
  return new Command("list")
    .description("every group under GROUP_PREFIX, with its state, members and topics")
    .option("--json", "print one JSON object")
    .action(async ({ json }: GroupFlags) => {
      const groups = await withOperation(({ client, groupPrefix, timeoutMs }) =>
        listGroups(client, `${groupPrefix}.`, timeoutMs),
      );
      print(json, { groups }, () => groupsTable(groups));
    });
}

function lagCommand(): Command {
  return new Command("lag")
    .description("what each group has not read yet, by partition, and how old the oldest of it is")
    .option("--group <group>", "of this group [all that have committed anything]")
    .option("--topic <topic...>", "of these topics [all]")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nWhat is behind a key that is being retried counts as well, delivered or not: the metrics tell them apart (docs/metrics.md).",
    )
    .action(async ({ group, topic = [], json }: GroupFlags) => {
      const groups = await withOperation(async (parts) => {
        const { client, groupPrefix, timeoutMs } = parts;
        const found =
          group === undefined
            ? await listGroups(client, `${groupPrefix}.`, timeoutMs)
            : [await describeGroup(client, groupIdOf(group, parts), timeoutMs)];
        if (group !== undefined && found[0]?.topics.length === 0) throw noSuchGroup(group);
        const wanted = topic.map((name) => topicOf(name, parts));
        const lags: GroupLag[] = [];
        for (const { groupId, topics: own } of found) {
          const chosen = own.filter((name) => wanted.length === 0 || wanted.includes(name));
          if (chosen.length > 0) lags.push({ groupId, partitions: await lagOf(parts, groupId, chosen, Date.now()) });
        }
        return lags;
      });
      print(json, { groups }, () => lagTable(groups));
    });
}

function resetCommand(): Command {
  return new Command("reset")
    .description("set where a stopped group goes on reading: what comes after is delivered (again)")
    .requiredOption("--group <group>", "of this group")
    .requiredOption("--to <where>", "start, end, a time (2026-11-17T08:00:00Z, 2026-11-17 in UTC) or 30m, 12h, 7d ago")
    .option("--topic <topic...>", "in these topics [all it has a position in, but for the replays]")
    .option("--dry-run", "say what would change, and change nothing")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Example: everything since last Tuesday once more for the handler "crm", in order:
  ${ownCommand} groups reset --group crm --to 2026-11-17 --topic clients

The group must have no members: stop the bridges that run it first. Every handler of the group gets the events again,
under the same webhook-ids. What is parked of the group is forgotten with its position, and comes again from its topic
only from the new position on; it says so where there is any.`,
    )
    .action(async ({ group, to, topic = [], dryRun = false, json }: ResetFlags) => {
      const target = parseTarget("--to", to, Date.now());
      const { groupId, steps } = await withOperation(async (parts) => {
        const id = groupIdOf(group, parts);
        const chosen = { topics: topic.map((name) => topicOf(name, parts)), except: [parts.topics.replays] };
        const planned = await planReset(parts, id, target, chosen);
        if (!dryRun) await applyReset(parts, id, planned);
        return { groupId: id, steps: planned };
      });
      print(json, { groupId, dryRun, steps }, () => resetTable(steps));
      const parked = steps.filter((step) => step.parked).map(partitionId);
      if (parked.length > 0) {
        const lost = "parked events of these partitions are forgotten, and those before the new position not delivered";
        process.stderr.write(`warning: ${lost}: ${parked.join(", ")}\n`);
      }
      const again = steps.reduce((sum, step) => sum + Math.max(step.again ?? 0, 0), 0);
      const skipped = steps.reduce((sum, step) => sum + Math.max(-(step.again ?? 0), 0), 0);
      const said = dryRun ? "would be" : "are";
      process.stderr.write(`${groupId}: up to ${again} records ${said} delivered again, ${skipped} ${said} skipped\n`);
    });
}

/** A whole name, or a handler group's. */
function groupIdOf(name: string, { groupPrefix }: Pick<OperationParts, "groupPrefix">): string {
  return name.startsWith(`${groupPrefix}.`) ? name : `${groupPrefix}.after.${name}`;
}

/** A whole name, or one without the prefix. Throws USAGE. */
function topicOf(name: string, { topics }: Pick<OperationParts, "topics">): string {
  const { facts, before, ...others } = topics;
  const all = [...Object.values(facts), ...Object.values(before), ...Object.values(others)];
  const found = all.find((topic) => topic === name || topic.endsWith(`.${name}`));
  if (found !== undefined) return found;
  throw new BridgeError("USAGE", `--topic: there is no topic "${name}"; there are ${all.join(", ")}`);
}

function noSuchGroup(name: string): BridgeError {
  return new BridgeError(
    "USAGE",
    `no group "${name}" has committed anything: \`${ownCommand} groups list\` shows those that have`,
  );
}

function print(json: boolean | undefined, value: object, table: () => string): void {
  process.stdout.write(`${json === true ? JSON.stringify(value) : table()}\n`);
}
