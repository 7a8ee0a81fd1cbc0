import type { TopicNames } from "../../model/topics.ts";

/** What each part of an installation may do at the brokers, and no more: one principal a part. Pure. */

export const aclParts = ["billing-core", "bridge-before", "bridge-after", "subscriber", "operator", "setup"] as const;
export type AclPart = (typeof aclParts)[number];

/** As kafka-acls.sh spells them. Read and Write include Describe. */
export type AclOperation = "Read" | "Write" | "Create" | "Delete" | "DescribeConfigs" | "AlterConfigs" | "Describe";

/** Operations allowed on one resource. */
export interface Acl {
  readonly resource: "topic" | "group";
  readonly pattern: "literal" | "prefixed";
  readonly name: string;
  readonly operations: readonly AclOperation[];
  readonly why: string;
}

/** `replyTopics`: REPLY_TOPICS [the verdicts topic], which the before stage writes to. */
export function aclsFor(
  part: AclPart,
  names: TopicNames,
  groupPrefix: string,
  replyTopics: readonly string[] = [names.verdicts],
): readonly Acl[] {
  const facts = Object.values(names.facts);
  const before = Object.values(names.before);
  switch (part) {
    case "billing-core":
      return [
        ...topics(facts, ["Write"], "publishes facts"),
        ...topics(before, ["Write"], "asks"),
        ...topics([names.verdicts], ["Read"], "hears the verdicts"),
        ...topics([names.bridges], ["Read"], "hears which events have handlers to ask"),
        groups(`${groupPrefix}.replies.`, ["Read", "Delete"], "a group of its own per instance, deleted when it ends"),
      ];
    case "bridge-before":
      return [
        ...topics(before, ["Read"], "takes up requests"),
        ...topics(replyTopics, ["Write"], "replies"),
        ...topics([names.bridges], ["Write"], "says which events have handlers to ask"),
        ...topics([names.instances], ["Write"], "says how the instance does"),
        ...topics([names.decisions], ["Write"], "logs decisions"),
        ...topics([names.handlers], ["Read", "Write"], "follows the log of handlers, and seeds it"),
        ...topics([names.executions], ["Write"], "logs calls of handlers"),
        groups(`${groupPrefix}.before`, ["Read"], "the group that all instances share"),
      ];
    case "bridge-after":
      return [
        ...topics(facts, ["Read"], "takes up facts"),
        ...topics([names.parked], ["Read", "Write"], "moves lanes out of the way, and back"),
        ...topics([names.deadLetters], ["Write"], "writes dead letters"),
        ...topics([names.replays], ["Read"], "takes up replays"),
        ...topics([names.instances], ["Write"], "says how the instance does"),
        ...topics([names.handlers], ["Read", "Write"], "follows the log of handlers, and seeds it"),
        ...topics([names.executions], ["Write"], "logs calls of handlers"),
        groups(`${groupPrefix}.after.`, ["Read"], "one group per handler or group of handlers"),
      ];
    case "subscriber":
      return [
        ...topics(facts, ["Read"], "reads what happened; requests and verdicts are none of its business"),
        ...topics([names.deadLetters], ["Write"], "writes dead letters"),
        groups("subscriber.", ["Read"], "groups of its own"),
      ];
    case "operator":
      return [
        ...topics([names.deadLetters], ["Read"], "lists and shows dead letters"),
        ...topics([names.handlers], ["Read", "Write"], "shows and changes handlers"),
        ...topics([names.replays], ["Read", "Write"], "replays dead letters, and sees what became of it"),
        ...topics([names.instances], ["Read"], "hears how the instances do"),
        ...topics([names.audit], ["Read", "Write"], "writes and shows who changed what by the admin interface"),
        ...topics([...facts, ...before], ["Read"], "finds newer events of a key, and how old the oldest unread is"),
        ...topics([names.executions, names.decisions], ["Read"], "indexes the execution log"),
        groups(`${groupPrefix}.`, ["Read"], "lists groups with their lag, and resets them"),
      ];
    case "setup":
      return [
        {
          resource: "topic",
          pattern: "prefixed",
          name: prefixOf(names),
          operations: ["Create", "Describe", "DescribeConfigs", "AlterConfigs"],
          why: "creates topics, compares their settings and corrects them with --fix",
        },
      ];
  }
}

/** "billing." of `billing.verdicts`: the dot keeps `billing2.clients` out. */
function prefixOf({ verdicts }: TopicNames): string {
  return verdicts.slice(0, -"verdicts".length);
}

function topics(names: readonly string[], operations: readonly AclOperation[], why: string): readonly Acl[] {
  return names.map((name) => ({ resource: "topic", pattern: "literal", name, operations, why }));
}

function groups(name: string, operations: readonly AclOperation[], why: string): Acl {
  return { resource: "group", pattern: "prefixed", name, operations, why };
}

export const aclHeadings: readonly string[] = ["part", "resource", "name", "operations", "why"];

/** One row an ACL, under `aclHeadings`; a prefix ends in "*". */
export function aclRows(part: AclPart, acls: readonly Acl[]): readonly (readonly string[])[] {
  return acls.map(({ resource, pattern, name, operations, why }) => [
    part,
    resource,
    pattern === "prefixed" ? `${name}*` : name,
    operations.join(", "),
    why,
  ]);
}

/** Commands for a shell in which KAFKA_BROKERS is set, one an ACL. The principal is the part's name: `User:bridge-before`. */
export function aclCommands(part: AclPart, acls: readonly Acl[]): readonly string[] {
  return acls.map(
    ({ resource, pattern, name, operations }) =>
      `kafka-acls.sh --bootstrap-server "$KAFKA_BROKERS" --add --allow-principal "User:${part}" ` +
      `${operations.map((operation) => `--operation ${operation}`).join(" ")} ` +
      `--${resource} "${name}" --resource-pattern-type ${pattern}`,
  );
}

/** The same as a table of Markdown: what stands in docs/acls.md. */
export function aclMarkdown(part: AclPart, acls: readonly Acl[]): string {
  const rows = aclRows(part, acls).map(([, resource = "", name = "", operations = "", why = ""]) =>
    row([resource, `\`${name}\``, operations, why]),
  );
  return [row(aclHeadings.slice(1)), row(["---", "---", "---", "---"]), ...rows].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
