import assert from "node:assert/strict";
import { test } from "node:test";
import { setupTable } from "../../../src/cli/setup.ts";
import type { SetupReport } from "../../../src/kafka/topics/setup.ts";

const differs = { what: "retention.ms", found: "1000", planned: "2000", fixable: true };
const fewer = { what: "partitions", found: "2", planned: "6", fixable: false };
const report: SetupReport = {
  dryRun: false,
  topics: [
    { kind: "created", topic: "billing.clients" },
    { kind: "unchanged", topic: "billing.accounts" },
    { kind: "differs", topic: "billing.balance", fixed: [differs], differences: [fewer] },
  ],
  schemas: [{ kind: "registered", subject: "billing.clients-provisioning.ClientsCreate" }],
};

test("setup's table has a row for each topic and schema, and says what was fixed and what still differs", () => {
  assert.deepEqual(setupTable(report).split("\n").slice(2), [
    "topic   billing.clients                             created",
    "topic   billing.accounts                            unchanged",
    "topic   billing.balance                             differs     fixed: retention.ms 1000, planned 2000; partitions 2, planned 6",
    "schema  billing.clients-provisioning.ClientsCreate  registered",
  ]);
});

test("the table of a dry run never claims that something was done", () => {
  const table = setupTable({ ...report, dryRun: true });
  assert.match(table, /billing\.clients +would be created/);
  assert.match(table, /ClientsCreate +would be registered/);
  assert.match(table, /billing\.accounts +unchanged/);
  assert.match(table, /billing\.balance +differs +would fix: retention\.ms/);
});
