import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHandlerStore } from "../../src/bridge/handler-store.ts";
import { loadSettings } from "../../src/config/settings.ts";
import type { HandlerStore } from "../../src/handlers/store.ts";
import { openInstanceStatusWriter } from "../../src/kafka/records/instance-status-codec.ts";
import { silentLogger } from "../../src/model/logger.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { type CliEnd, cli } from "../support/cli.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { asked, told } from "../support/handlers.ts";
import { answer, Sink } from "../support/sink.ts";
import { TextFiles } from "../support/text-files.ts";

/**
 * An operator's day at the command line: from an empty log through every command, and at its end with a bridge. A command is a
 * process, which takes its second: what one has done is looked up in the log itself.
 */

const undo: (() => Promise<void> | void)[] = [];
let topics: FreshTopics;
let sink: Sink;
const files = new TextFiles();

before(async () => {
  undo.push(() => files.remove());
  sink = await Sink.open();
  undo.push(() => sink.close());
  topics = await FreshTopics.open({ partitions: 1 });
  undo.push(() => topics.close());
});

after(async () => {
  for (const step of undo.reverse()) await step();
});

const env = (): Record<string, string> => ({
  ...topics.env,
  EGRESS_ALLOW: "127.0.0.0/8",
  TEST_SECRET: "whsec_c2VjcmV0",
});
const run = (...args: string[]): Promise<CliEnd> => cli(["handlers", ...args], env());
/** One that changes something, by Ann. */
const change = (...args: string[]): Promise<CliEnd> => run(...args, "--by", "ann", "--no-wait");

async function ok(ending: Promise<CliEnd>): Promise<CliEnd> {
  const end = await ending;
  assert.equal(end.code, 0, end.stderr);
  return end;
}

async function json<T>(...args: string[]): Promise<T> {
  return JSON.parse((await ok(run(...args, "--json"))).stdout) as T;
}

type Switches = ReturnType<HandlerStore["switches"]>;

/** What stands in the log at this moment. */
async function inLog(): Promise<Pick<ReturnType<HandlerStore["all"]>, "handlers"> & { switches: Switches }> {
  const settings = loadSettings(env());
  const { client, registry } = topics;
  const store = createHandlerStore({ settings, client, registry, logger: silentLogger });
  await store.start();
  try {
    return { handlers: store.all().handlers, switches: store.switches() };
  } finally {
    await store.close(2000);
  }
}

/** `guard`, or `erp (archived)`. */
async function standing(): Promise<readonly string[]> {
  const { handlers } = await inLog();
  return [...handlers].map(([id, { definition }]) => {
    const { status = "enabled" } = definition as { readonly status?: string };
    return status === "enabled" ? id : `${id} (${status})`;
  });
}

const listedIds = async (...filter: string[]): Promise<readonly string[]> =>
  (await json<{ handlers: readonly { id: string }[] }>("list", ...filter)).handlers.map(({ id }) => id);

const handlersFile = (...handlers: object[]): string => files.write(JSON.stringify({ handlers }));
const guard = (more: object = {}): object =>
  asked({
    id: "guard",
    events: ["clients.update"],
    url: `${sink.url("/guard")}?token=s3cret`,
    mayChange: ["name"],
    ...more,
  });
const crm = (): object =>
  told({ id: "crm", events: ["clients.update"], url: sink.url("/crm"), group: "sales", priority: 1 });
const erp = (): object =>
  told({ id: "erp", events: ["clients.update"], url: sink.url("/erp"), group: "sales", priority: 2 });

test("an empty log is told as one, and a file is applied to it whole, with what changes shown first", async () => {
  assert.match((await ok(run("list"))).stderr, /0 of 0 handlers/);
  const file = handlersFile(guard(), crm(), erp());
  const diff = await run("diff", "-f", file, "--exit-code");
  assert.equal(diff.code, 1);
  assert.match(diff.stdout, /\+ create guard/);
  assert.doesNotMatch(diff.stdout, /s3cret/);
  assert.deepEqual(await standing(), [], "a diff changes nothing");
  const applied = await ok(change("apply", "-f", file, "--note", "the first ones"));
  assert.match(applied.stderr, /3 handlers changed, revision 0/);
  assert.deepEqual(await standing(), ["guard", "crm", "erp"]);
  assert.match((await ok(run("diff", "-f", file, "--exit-code"))).stderr, /nothing to change/);
});

test("a file that would not run is refused with every problem and its place, and nothing is written", async () => {
  const file = handlersFile(guard({ timeoutMs: 1900 }), { ...crm(), retri: {} });
  const { code, stderr } = await change("apply", "-f", file);
  assert.equal(code, 78);
  assert.match(stderr, /handlers\[1\]\.retri: unknown key/);
  assert.equal((await inLog()).handlers.get("guard")?.revision, 0);
});

test("lists are searched by event, task, status and stage", async () => {
  assert.deepEqual(
    await listedIds("--stage", "after", "--event", "clients.update", "--task", "http", "--status", "enabled"),
    ["crm", "erp"],
  );
  assert.deepEqual(await listedIds("--event", "clients.delete"), []);
  const { stdout } = await ok(run("list"));
  assert.match(stdout, /^handler +revision/);
  assert.match(stdout, /guard .*before/);
  assert.doesNotMatch(stdout, /s3cret|\u001b/);
});

test("what is exported is taken back unchanged, from standard input too", async () => {
  const { stdout } = await ok(run("export"));
  assert.match((await ok(run("diff", "--prune", "-f", files.write(stdout)))).stderr, /nothing to change/);
});

test("a handler is switched off and on, and who waits for it is named", async () => {
  const off = await ok(change("disable", "crm", "--note", "maintenance"));
  assert.match(off.stdout, /status: "disabled"/);
  assert.match(off.stderr, /warning: so do those of erp/);
  assert.deepEqual(await standing(), ["guard", "crm (disabled)", "erp"]);
  assert.match((await ok(change("disable", "crm"))).stderr, /it is so already/);
  await ok(change("enable", "crm"));
  await ok(change("archive", "erp"));
  assert.deepEqual(await standing(), ["guard", "crm", "erp (archived)"]);
  assert.deepEqual(await listedIds(), ["guard", "crm"]);
  const unknown = await change("disable", "crn");
  assert.equal(unknown.code, 2);
});

test("history tells who did what and why, and a rollback brings an older version back, also of what was deleted", async () => {
  const { stdout } = await ok(run("history", "crm"));
  const [, , newest = ""] = stdout.split("\n");
  assert.match(newest, /ann +enable/);
  assert.match(stdout, /maintenance +status: "disabled"/);
  const deleted = await ok(change("delete", "erp"));
  const [, to = ""] = /rollback erp --to (\d+)/.exec(deleted.stderr) ?? [];
  assert.deepEqual(await standing(), ["guard", "crm"]);
  await ok(change("rollback", "erp", "--to", to));
  assert.deepEqual(await standing(), ["guard", "crm", "erp (archived)"]);
  await ok(change("rollback", "erp", "--to", "0"));
  assert.deepEqual(await standing(), ["guard", "crm", "erp"]);
  const { versions } = await json<{ versions: { write: { action: string } }[] }>("history", "erp");
  assert.deepEqual(
    versions.map(({ write }) => write.action),
    ["rollback", "rollback", "delete", "archive", "apply"],
  );
});

test("a file deletes only with --prune", async () => {
  const file = handlersFile(guard({ priority: 7 }), crm());
  const kept = await ok(change("apply", "-f", file));
  assert.match(kept.stdout, /kept \(--prune deletes them\): erp/);
  assert.deepEqual(await standing(), ["guard", "crm", "erp"]);
  await ok(change("apply", "-f", file, "--prune"));
  assert.deepEqual(await standing(), ["guard", "crm"]);
});

test("one handler is shown as a file would have it, now and as it was", async () => {
  assert.match((await ok(run("show", "guard"))).stdout, /^priority: 7$/m);
  assert.doesNotMatch((await ok(run("show", "guard", "--revision", "0"))).stdout, /priority/);
});

test("a test call shows request, answer and verdict, and its exit code is the verdict", async () => {
  sink.on("/guard?token=s3cret", () => answer({ decision: "allow", data: { name: "Tidy" } }));
  const { stdout } = await ok(run("test", "guard"));
  assert.match(stdout, /bridge-test: true/);
  assert.match(stdout, /would change name: "Example Telecom Ltd" -> "Tidy"/);
  sink.on("/guard?token=s3cret", () => answer({ decision: "forbid", reason: "no" }));
  const forbidden = await run("test", "guard", "--data", '{"id":1,"name":"x"}', "--json");
  assert.equal(forbidden.code, 3);
  assert.equal((JSON.parse(forbidden.stdout) as { outcome: string }).outcome, "forbid");
  const core = await topics.core({ onSilence: "forbid" });
  const { topic, partition, offset } = await core.publish({ id: "clients.update", data: { id: 77, name: "recorded" } });
  await ok(run("test", "crm", "--record", `${topic}/${partition}/${offset}`));
  assert.deepEqual(
    sink.at("/crm").map(({ body }) => body.data),
    [{ id: 77, name: "recorded" }],
  );
  const nothing = await run("test", "crm", "--record", `${topic}/${partition}/${offset + 9}`);
  assert.equal(nothing.code, 2, nothing.stderr);
});

test("a change waits for the instances that are heard, and names those that do not run it", async () => {
  const writer = await openInstanceStatusWriter(topics.registry, topics.names.instances);
  const say = async (instanceId: string, handlersRevision: number): Promise<void> => {
    const value = writer.encode({
      ...{ instanceId, host: "host-1", stage: "all", version: "1", startedAt: "", at: "", handlersRevision },
      ...{ problems: [], waitingFor: [], loopLagMs: null, breakers: [], groups: [] },
    });
    const at = { topic: topics.names.instances, partition: 0, key: instanceId };
    await topics.producer.send({ ...at, value, headers: {} });
  };
  await say("quick", 1_000_000);
  await say("slow", 3);
  const late = await run("disable", "crm", "--wait-ms", "1000");
  assert.equal(late.code, 75);
  assert.match(late.stderr, /1 instance of 2 do not run it:\n {2}slow at host-1 runs revision 3/);
  await say("slow", 1_000_000);
  const soon = await ok(run("enable", "crm"));
  assert.match(soon.stderr, /runs on 2 instances/);
});

test("switches are set for all, shown with who set them, and ended", async () => {
  const switches = (...args: string[]): Promise<CliEnd> => cli(["switches", ...args], env());
  await ok(switches("bypass-before", "--for", "10m", "--by", "ann", "--note", "the CRM is down"));
  assert.doesNotMatch((await ok(switches("pause", "sales", "--by", "ann"))).stderr, /warning/);
  const { stdout } = await ok(switches("log-level", "debug"));
  assert.match(stdout, /bypass-before +until .* UTC +ann +the CRM is down/);
  assert.match(stdout, /group sales +paused since/);
  assert.match(stdout, /log-level +debug/);
  await ok(switches("bypass-before", "--off"));
  await ok(switches("resume", "sales"));
  const slip = await ok(switches("pause", "slaes", "--json"));
  assert.match(slip.stderr, /warning: no handler of the log is of the group slaes; there are: sales/);
  const { pausedGroups } = JSON.parse(slip.stdout) as Switches;
  assert.deepEqual(
    pausedGroups.map(({ group }) => group),
    ["slaes"],
  );
  await ok(switches("resume", "slaes"));
  await ok(switches("log-level", "default"));
  assert.deepEqual((await inLog()).switches, { bypassBefore: null, pausedGroups: [], logLevel: null });
  assert.equal((await switches("bypass-before", "--for", "3d")).code, 2);
  assert.equal((await switches("bypass-before", "--for", "48h")).code, 2);
});

test("with a bridge: what waited for a disabled handler is passed over from now on, and a test call disturbs nothing", async () => {
  const bridge = await BridgeProcess.ready({ env: env() });
  undo.push(() => bridge.kill());
  const core = await topics.core({ onSilence: "forbid" });
  const publish = (id: number) => core.publish({ id: "clients.update", data: { id, name: `client ${id}` } });
  const called = (test: boolean): readonly unknown[] =>
    sink
      .at("/crm")
      .filter(({ headers, body }) => (headers["bridge-test"] !== undefined) === test && Number(body.data["id"]) > 500)
      .map(({ body }) => body.data["id"]);
  assert.match((await ok(run("disable", "crm"))).stderr, /runs on \d+ instances?/);
  const waiting = await publish(501);
  await publish(502);
  assert.match((await ok(run("enable", "crm", "--from", "now"))).stdout, /since: "20/);
  await publish(503);
  await eventually("what happened since is delivered", () => called(false).includes(503));
  const { topic, partition, offset } = waiting;
  const tried = await ok(run("test", "crm", "--record", `${topic}/${partition}/${offset}`));
  assert.match(tried.stdout, /delivered in/);
  await publish(504);
  await eventually("the bridge goes on", () => called(false).includes(504));
  assert.deepEqual(called(false), [503, 504]);
  assert.deepEqual(called(true), [501]);
  assert.equal(await bridge.terminate(), 0);
});

test("what lies in the future is warned of whenever it is written, as nothing else would tell", async () => {
  const future = {
    ...told({ id: "later", events: ["clients.update"], url: sink.url("/later") }),
    since: "2999-01-01T00:00:00Z",
  };
  const warned = /warning: .*since: lies in the future/;
  assert.match((await ok(run("apply", "-f", handlersFile(future), "--by", "ann", "--no-wait"))).stderr, warned);
  assert.doesNotMatch((await ok(change("disable", "later"))).stderr, warned);
  assert.match((await ok(change("enable", "later"))).stderr, warned);
});
