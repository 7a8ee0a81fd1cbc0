import { Command, Option } from "commander";
import { kafkaSettings, registrySettings, topicSettings } from "../bridge/connections.ts";
import { loadConnectedSettings, loadSettings, type Settings } from "../config/settings.ts";
import { createKafkaClient } from "../kafka/connection/client.ts";
import { createRegistry } from "../kafka/registry/registry.ts";
import { type AclPart, aclCommands, aclParts, aclsFor } from "../kafka/topics/acls.ts";
import { type SetupReport, setUp } from "../kafka/topics/setup.ts";
import type { TopicDifference } from "../kafka/topics/topics.ts";
import { silentLogger } from "../model/logger.ts";
import { topicNames } from "../model/topics.ts";
import { renderTable } from "./table.ts";

interface SetupFlags {
  readonly dryRun?: boolean;
  readonly fix?: boolean;
  /** True without a part: all of them. */
  readonly printAcls?: AclPart | true;
  readonly json?: boolean;
}

/** `setup`: results go to stdout, progress to stderr; the action throws BridgeError. */
export function setupCommand(): Command {
  return new Command("setup")
    .description("create the topics and register the schemas; safe to run again at every deployment")
    .option("--dry-run", "say what would be done and change nothing")
    .option("--fix", "change the settings of topics that differ (never their partitions)")
    .addOption(
      new Option("--print-acls [part]", "print the access rights of one part or all, and do nothing else").choices(
        aclParts,
      ),
    )
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Reads KAFKA_BROKERS, SCHEMA_REGISTRY_URL, TOPIC_PREFIX, TOPIC_PARTITIONS, TOPIC_REPLICATION_FACTOR.
--print-acls needs no broker.`,
    )
    .action(setup);
}

async function setup(flags: SetupFlags): Promise<void> {
  if (flags.printAcls !== undefined) {
    printAcls(
      loadSettings(process.env, ["topics"]),
      flags.printAcls === true ? aclParts : [flags.printAcls],
      flags.json === true,
    );
    return;
  }
  const settings = loadConnectedSettings(process.env, ["topics"]);
  const report = await setUp({
    client: createKafkaClient(kafkaSettings(settings), silentLogger),
    registry: createRegistry(registrySettings(settings)),
    names: topicNames(settings.topics.prefix),
    settings: topicSettings(settings),
    dryRun: flags.dryRun === true,
    fix: flags.fix === true,
    onStep: (step) => process.stderr.write(`${step}\n`),
  });
  process.stdout.write(`${flags.json === true ? JSON.stringify(report) : setupTable(report)}\n`);
  for (const line of advice(report, flags.fix === true)) process.stderr.write(`${line}\n`);
}

/** One row a topic and a schema. */
export function setupTable({ dryRun, topics, schemas }: SetupReport): string {
  const said = (kind: string) => (dryRun && kind !== "unchanged" && kind !== "differs" ? `would be ${kind}` : kind);
  return renderTable(
    ["what", "name", "result", "details"],
    [
      ...topics.map((outcome) => ["topic", outcome.topic, said(outcome.kind), details(outcome, dryRun)]),
      ...schemas.map(({ kind, subject }) => ["schema", subject, said(kind), ""]),
    ],
  );
}

function details(outcome: SetupReport["topics"][number], dryRun: boolean): string {
  if (outcome.kind === "created" || outcome.kind === "unchanged") return "";
  const of = ({ what, found, planned }: TopicDifference) => `${what} ${found}, planned ${planned}`;
  return [
    ...outcome.fixed.map((one) => `${dryRun ? "would fix" : "fixed"}: ${of(one)}`),
    ...outcome.differences.map(of),
  ].join("\n");
}

function advice({ topics }: SetupReport, fix: boolean): readonly string[] {
  const left = topics.flatMap((outcome) => (outcome.kind === "differs" ? outcome.differences : []));
  const lines: string[] = [];
  if (!fix && left.some(({ fixable }) => fixable)) lines.push("some topics differ from their plan: --fix changes them");
  if (left.some(({ fixable }) => !fixable)) {
    lines.push(
      "partitions are left alone: to add some while records wait breaks the order of a client's events; stop the billing core's " +
        "publishing, let the bridge drain, then use kafka-topics.sh --alter",
    );
  }
  return lines;
}

function printAcls({ topics }: Pick<Settings, "topics">, parts: readonly AclPart[], json: boolean): void {
  const names = topicNames(topics.prefix);
  const replyTopics = topics.reply.length > 0 ? topics.reply : [names.verdicts];
  const acls = parts.map((part) => ({ part, acls: aclsFor(part, names, topics.groupPrefix, replyTopics) }));
  if (json) {
    process.stdout.write(`${JSON.stringify(Object.fromEntries(acls.map((one) => [one.part, one.acls])))}\n`);
    return;
  }
  for (const one of acls) {
    process.stdout.write([`# ${one.part}`, ...aclCommands(one.part, one.acls), ""].join("\n") + "\n");
  }
}
