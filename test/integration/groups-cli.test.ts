import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { GroupState } from "../../src/kafka/topics/groups.ts";
import type { PartitionLag } from "../../src/operations/group-lag.ts";
import type { ResetStep } from "../../src/operations/group-reset.ts";
import type { BillingClient } from "../../src/sdk/client-options.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { type CliEnd, cli } from "../support/cli.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { told } from "../support/handlers.ts";
import { Sink } from "../support/sink.ts";

/** What was delivered is delivered again after a reset to a time: the bridge stops, the group moves, the bridge starts. */

const undo: (() => Promise<void>)[] = [];
let topics: FreshTopics;
let sink: Sink;
let bridge: BridgeProcess;
let core: BillingClient;

before(async () => {
  sink = await Sink.open();
  undo.push(() => sink.close());
  topics = await FreshTopics.open({ partitions: 2 });
  undo.push(() => topics.close());
  bridge = await start();
  core = await topics.core({ onSilence: "forbid" });
});

after(async () => {
  for (const step of undo.reverse()) await step();
});

async function start(): Promise<BridgeProcess> {
  const handlers = [told({ id: "crm", events: ["clients.update"], url: sink.url("/crm") })];
  const started = await BridgeProcess.ready({ env: topics.env, stage: "after", handlers });
  undo.push(() => started.kill());
  return started;
}

const run = (...args: string[]): Promise<CliEnd> => cli(["groups", ...args], topics.env);

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await run(...args, "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as T;
}

async function publish(id: number, name: string): Promise<void> {
  await core.publish({ id: "clients.update", data: { id, name } });
}

const namesOf = () => sink.at("/crm").map(({ body }) => String(body.data["name"]));

test("groups are listed with who reads, and their lag by partition, as tables and as JSON", async () => {
  await publish(1, "first");
  await eventually("it is delivered", () => namesOf().length === 1);
  const { groups } = await json<{ groups: GroupState[] }>("list");
  const crm = groups.find(({ groupId }) => groupId === topics.afterGroup("crm"));
  assert.ok(crm !== undefined);
  assert.deepEqual([crm.state, crm.members.length], ["Stable", 1]);
  assert.deepEqual(crm.topics, [topics.names.facts.clients, topics.names.replays]);
  const table = await run("list");
  assert.match(table.stdout, /^group +state +members +from +topics\n/);
  assert.match(table.stdout, new RegExp(`^${crm.groupId} +Stable +1 `, "m"));
  await eventually("its commit", async () => (await lag()).every((one) => one.lag === 0), 20_000);
  const text = await run("lag", "--group", "crm", "--topic", "clients");
  assert.match(text.stdout, /^group +topic +partition +committed +end +lag +oldest/);
  assert.equal(text.stdout.trimEnd().split("\n").length, 4);
});

async function lag(): Promise<readonly PartitionLag[]> {
  const { groups } = await json<{ groups: { partitions: PartitionLag[] }[] }>(
    "lag",
    "--group",
    "crm",
    "--topic",
    "clients",
  );
  return groups.flatMap(({ partitions }) => partitions);
}

test("a group that runs is not reset: it says who reads and how to stop them, and nothing changes", async () => {
  const before = await lag();
  const { code, stdout, stderr } = await run("reset", "--group", "crm", "--to", "start");
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /has 1 members \(.* at .*127\.0\.0\.1\)/);
  assert.match(stderr, /Stop every bridge that runs it \(SIGTERM/);
  assert.deepEqual(await lag(), before);
});

test("a stopped group that is reset to a time gets what came since again, in order, under the same ids; a dry run changes nothing", async () => {
  await publish(1, "before");
  await eventually("it is delivered", () => namesOf().length === 2);
  const since = new Date(Date.now() + 1).toISOString();
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const name of ["a", "b", "c"]) await publish(1, name);
  await eventually("all are delivered", () => namesOf().length === 5);
  const ids = sink.at("/crm").map(({ headers }) => headers["webhook-id"]);
  assert.equal(await bridge.terminate(), 0);

  const planned = await json<{ dryRun: boolean; steps: ResetStep[] }>(
    "reset",
    "--group",
    "crm",
    "--to",
    since,
    "--dry-run",
  );
  assert.equal(planned.dryRun, true);
  assert.deepEqual([...new Set(planned.steps.map(({ topic }) => topic))], [topics.names.facts.clients]);
  assert.equal(
    planned.steps.reduce((sum, { again }) => sum + (again ?? 0), 0),
    3,
  );
  assert.ok(
    (await lag()).every((one) => one.lag === 0),
    "nothing has changed",
  );

  const done = await run("reset", "--group", "crm", "--to", since);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /^topic +partition +from +to +change\n/);
  assert.match(done.stdout, /3 are delivered again/);
  assert.match(done.stderr, /up to 3 records are delivered again, 0 are skipped/);
  const behind = (await lag()).find((one) => (one.lag ?? 0) > 0);
  assert.equal(behind?.lag, 3);
  assert.ok((behind.oldestMs ?? 0) > 0);

  bridge = await start();
  await eventually("they come again", () => namesOf().length === 8, 30_000);
  assert.deepEqual(namesOf().slice(5), ["a", "b", "c"]);
  assert.deepEqual(
    sink
      .at("/crm")
      .slice(5)
      .map(({ headers }) => headers["webhook-id"]),
    ids.slice(2),
  );
});

test("a reset to the end skips what waits, and says how much", async () => {
  assert.equal(await bridge.terminate(), 0);
  await publish(1, "skipped");
  const { steps } = await json<{ steps: ResetStep[] }>("reset", "--group", "crm", "--to", "end", "--topic", "clients");
  assert.equal(
    steps.reduce((sum, { again }) => sum + (again ?? 0), 0),
    -1,
  );
  assert.ok((await lag()).every((one) => one.lag === 0));
});

test("what is not there is said: groups, topics, positions", async () => {
  for (const [args, says] of [
    [["lag", "--group", "none"], /no group "none" has committed anything/],
    [["reset", "--group", "none", "--to", "end"], /has no position in any topic/],
    [
      ["reset", "--group", "crm", "--to", "end", "--topic", "balance"],
      /has no position in .*\.balance: it has one in /,
    ],
    [["reset", "--group", "crm", "--to", "yesterday"], /--to: "yesterday" is no time/],
  ] as const) {
    const { code, stdout, stderr } = await run(...args);
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, says);
  }
});
