import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type AclPart, aclCommands, aclMarkdown, aclParts, aclsFor } from "../../../src/kafka/topics/acls.ts";
import { topicNames } from "../../../src/model/topics.ts";

const names = topicNames("billing");
const acls = (part: AclPart) => aclsFor(part, names, "provisioning-bridge");
const mayRead = (part: AclPart) => named(part, "Read");
const mayWrite = (part: AclPart) => named(part, "Write");
const named = (part: AclPart, operation: "Read" | "Write") =>
  acls(part)
    .filter(({ resource, operations }) => resource === "topic" && operations.includes(operation))
    .map(({ name }) => name);

test("the tables of docs/acls.md are what the code says", () => {
  const doc = readFileSync(new URL("../../../docs/acls.md", import.meta.url), "utf8");
  for (const part of aclParts) {
    const section = `## ${part}\n\n${aclMarkdown(part, acls(part))}\n`;
    assert.ok(doc.includes(section), `docs/acls.md should hold:\n${section}`);
  }
});

test("only the billing core writes facts and requests", () => {
  const billing = [...Object.values(names.facts), ...Object.values(names.before)];
  for (const part of aclParts) {
    const written = billing.filter((topic) => mayWrite(part).includes(topic));
    assert.deepEqual(written, part === "billing-core" ? billing : [], part);
  }
});

test("only the stage before writes verdicts, to each reply topic that is allowed", () => {
  assert.deepEqual(
    aclParts.filter((part) => mayWrite(part).includes("billing.verdicts")),
    ["bridge-before"],
  );
  const replies = aclsFor("bridge-before", names, "provisioning-bridge", ["core-a.replies", "core-b.replies"]);
  const written = replies.filter(({ operations }) => operations.includes("Write")).map(({ name }) => name);
  assert.ok(written.includes("core-a.replies") && written.includes("core-b.replies"));
  assert.ok(!written.includes("billing.verdicts"));
});

test("a subscriber reads facts alone and writes dead letters alone: it must not see what may yet be forbidden", () => {
  assert.deepEqual(mayRead("subscriber"), Object.values(names.facts));
  assert.deepEqual(mayWrite("subscriber"), [names.deadLetters]);
});

test("a part of the bridge has rights on the topics that its code names, and on no others", () => {
  const source = ["bridge-before", "bridge-after"] as const;
  // What a bridge of either stage writes besides.
  const files = {
    "bridge-before": ["before-stage", "instance-report", "handler-store", "execution-log"],
    "bridge-after": ["after-stage", "after-group", "instance-report", "handler-store", "execution-log"],
  };
  for (const part of source) {
    const text = files[part]
      .map((file) => readFileSync(new URL(`../../../src/bridge/${file}.ts`, import.meta.url), "utf8"))
      .join("\n");
    for (const [key, name] of Object.entries(names)) {
      if (typeof name !== "string") continue;
      const granted = acls(part).some((acl) => acl.resource === "topic" && acl.name === name);
      assert.equal(granted, text.includes(`topics.${key}`), `${part}: ${name}`);
    }
  }
});

test("the two stages of the bridge share no group", () => {
  const group = (part: AclPart) => acls(part).find(({ resource }) => resource === "group")?.name ?? "";
  assert.ok(!group("bridge-after").startsWith(group("bridge-before")));
  assert.ok(!group("bridge-before").startsWith(group("bridge-after")));
});

test("setup may neither read nor write records, and its prefix ends in a dot", () => {
  const [only, ...others] = acls("setup");
  assert.deepEqual(others, []);
  assert.equal(only?.name, "billing.");
  assert.ok(!only.operations.includes("Read") && !only.operations.includes("Write"));
});

test("a command names principal, every operation, resource and pattern", () => {
  assert.deepEqual(aclCommands("billing-core", acls("billing-core")).at(-1)?.split(" --"), [
    "kafka-acls.sh",
    'bootstrap-server "$KAFKA_BROKERS"',
    "add",
    'allow-principal "User:billing-core"',
    "operation Read",
    "operation Delete",
    'group "provisioning-bridge.replies."',
    "resource-pattern-type prefixed",
  ]);
});
